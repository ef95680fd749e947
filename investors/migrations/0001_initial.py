import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Issuer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(unique=True)),
                ('name', models.CharField()),
                ('jurisdiction', models.CharField(blank=True)),
                ('address_lines', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(), blank=True, default=list, size=None)),
                ('address_jurisdiction', models.CharField(blank=True)),
                ('attention', models.CharField(blank=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Investor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField()),
                ('issuer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='investors', to='investors.issuer')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('issuer', 'name'), name='investor_once_per_issuer'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='investor_has_a_name')],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('email', models.EmailField(max_length=254, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('is_admin', models.BooleanField(default=False)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'ordering': ['name', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='user_email_lower_case', violation_error_message='Write the e-mail address in lower case.')],
            },
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField()),
                ('email', models.EmailField(max_length=254)),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='contacts', to=settings.AUTH_USER_MODEL)),
                ('investor', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contacts', to='investors.investor')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('investor', 'name', 'email'), name='contact_once_per_investor')],
            },
        ),
        migrations.CreateModel(
            name='Address',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lines', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(), size=None)),
                ('attention', models.CharField(blank=True)),
                ('jurisdiction', models.CharField(blank=True)),
                ('effective_from', models.DateField()),
                ('investor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='addresses', to='investors.investor')),
            ],
            options={
                'verbose_name_plural': 'addresses',
                'ordering': ['investor', 'effective_from', 'id'],
                'triggers': [pgtrigger.compiler.Trigger(name='never_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'addresses are never changed; a correction is a new row' USING ERRCODE = 'check_violation', CONSTRAINT = 'never_changed';", hash='c2bc2d8eff11cb2051c01452c03892492742fb45', operation='UPDATE', pgid='pgtrigger_never_changed_ead9e', table='investors_address', when='BEFORE')), pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'addresses are never deleted' USING ERRCODE = 'check_violation', CONSTRAINT = 'never_deleted';", hash='779275ab78db7641d70bfdcc4aad67b2cd65ccc4', operation='DELETE', pgid='pgtrigger_never_deleted_41881', table='investors_address', when='BEFORE')), pgtrigger.compiler.Trigger(name='never_emptied', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'addresses are never deleted' USING ERRCODE = 'check_violation', CONSTRAINT = 'never_emptied'; RETURN NULL;", hash='04bf348f7e4cebbe8735bf5ecc4faebe8cb74f0f', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_never_emptied_cf639', table='investors_address', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='ShareClass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField()),
                ('kind', models.CharField(choices=[('common', 'Common'), ('preferred', 'Preferred')], max_length=10)),
                ('authorized', models.BigIntegerField(blank=True, null=True)),
                ('votes_per_share', models.PositiveIntegerField(default=1)),
                ('price', models.DecimalField(blank=True, decimal_places=6, max_digits=24, null=True)),
                ('issuer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='share_classes', to='investors.issuer')),
            ],
            options={
                'verbose_name_plural': 'share classes',
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('issuer', 'name'), name='share_class_once_per_issuer'), models.CheckConstraint(condition=models.Q(('kind__in', ['common', 'preferred'])), name='share_class_kind'), models.CheckConstraint(condition=models.Q(('authorized__isnull', True), ('authorized__gte', 0), _connector='OR'), name='share_class_authorized')],
                'triggers': [pgtrigger.compiler.Trigger(name='authorized_covers_issued', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE issued numeric;', func="\nSELECT coalesce(sum(shares), 0) INTO issued FROM investors_ledgerentry\n    WHERE share_class_id = NEW.id;\nIF NEW.authorized < issued THEN RAISE EXCEPTION '% shares of % are outstanding, so % cannot be all that are authorized', issued, NEW.name, NEW.authorized USING ERRCODE = 'check_violation', CONSTRAINT = 'authorized_covers_issued'; END IF;\nRETURN NEW;\n", hash='ab489a41c2f300518b28ea8af4b25989c376184a', operation='UPDATE OF "authorized"', pgid='pgtrigger_authorized_covers_issued_5c414', table='investors_shareclass', when='BEFORE')), pgtrigger.compiler.Trigger(name='never_emptied', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'classes of shares are never deleted' USING ERRCODE = 'check_violation', CONSTRAINT = 'never_emptied'; RETURN NULL;", hash='7da29d68de3fc4948449fd4d0089a88f00ecd6b7', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_never_emptied_2285f', table='investors_shareclass', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='Certificate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField()),
                ('registered_name', models.CharField()),
                ('shares', models.BigIntegerField()),
                ('legends', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, size=None)),
                ('issued_on', models.DateField()),
                ('investor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='certificates', to='investors.investor')),
                ('share_class', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='certificates', to='investors.shareclass')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('share_class', 'number'), name='certificate_number_once'), models.CheckConstraint(condition=models.Q(('shares__gt', 0)), name='certificate_for_shares')],
                'triggers': [pgtrigger.compiler.Trigger(name='never_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'certificates are never changed; a correction is a new row' USING ERRCODE = 'check_violation', CONSTRAINT = 'never_changed';", hash='a9b9a62f92f8ea4287912463d227db9958171a66', operation='UPDATE', pgid='pgtrigger_never_changed_f9dc0', table='investors_certificate', when='BEFORE')), pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'certificates are never deleted' USING ERRCODE = 'check_violation', CONSTRAINT = 'never_deleted';", hash='29c179936191983752167cf09484c777054ee313', operation='DELETE', pgid='pgtrigger_never_deleted_24df9', table='investors_certificate', when='BEFORE')), pgtrigger.compiler.Trigger(name='never_emptied', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'certificates are never deleted' USING ERRCODE = 'check_violation', CONSTRAINT = 'never_emptied'; RETURN NULL;", hash='d5c89bae8894dd3ab7648b12898721da8f7e8176', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_never_emptied_47d69', table='investors_certificate', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='LedgerEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('issued', 'Issued'), ('transferred', 'Transferred'), ('converted', 'Converted'), ('cancelled', 'Cancelled')], max_length=12)),
                ('shares', models.BigIntegerField()),
                ('on', models.DateField()),
                ('note', models.CharField(blank=True)),
                ('certificate', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='investors.certificate')),
                ('investor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='investors.investor')),
                ('share_class', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='investors.shareclass')),
            ],
            options={
                'verbose_name_plural': 'ledger entries',
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('shares', 0), _negated=True), name='ledger_entry_moves_shares'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'issued'), ('shares__gt', 0)), models.Q(('kind', 'cancelled'), ('shares__lt', 0)), ('kind__in', ['transferred', 'converted']), _connector='OR'), name='ledger_entry_direction')],
                'triggers': [pgtrigger.compiler.Trigger(name='never_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'ledger entries are never changed; a correction is a new row' USING ERRCODE = 'check_violation', CONSTRAINT = 'never_changed';", hash='2d2e382c207c6ad6941abccddcf1932166b83f3a', operation='UPDATE', pgid='pgtrigger_never_changed_f00d6', table='investors_ledgerentry', when='BEFORE')), pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'ledger entries are never deleted' USING ERRCODE = 'check_violation', CONSTRAINT = 'never_deleted';", hash='798473834d1155e47e42c0933c76c598a84f18ec', operation='DELETE', pgid='pgtrigger_never_deleted_fa049', table='investors_ledgerentry', when='BEFORE')), pgtrigger.compiler.Trigger(name='never_emptied', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'ledger entries are never deleted' USING ERRCODE = 'check_violation', CONSTRAINT = 'never_emptied'; RETURN NULL;", hash='e2343d1662239d0e4cf16e2d2c02def9126f4e8a', level='STATEMENT', operation='TRUNCATE', pgid='pgtrigger_never_emptied_81366', table='investors_ledgerentry', when='BEFORE')), pgtrigger.compiler.Trigger(name='within_authorized', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE class record; most bigint; title text; issued numeric; least numeric;', func="\nFOR class IN\n    SELECT id FROM investors_shareclass\n    WHERE id IN (SELECT share_class_id FROM entries) ORDER BY id\nLOOP\n    UPDATE investors_shareclass SET name = name WHERE id = class.id\n        RETURNING investors_shareclass.authorized, investors_shareclass.name INTO most, title;\n    SELECT coalesce(sum(shares), 0) INTO issued FROM investors_ledgerentry\n        WHERE share_class_id = class.id;\n    IF issued > most THEN RAISE EXCEPTION '% shares of % would be outstanding and % are authorized', issued, title, most USING ERRCODE = 'check_violation', CONSTRAINT = 'within_authorized'; END IF;\n    SELECT min(total) INTO least FROM (\n        SELECT sum(shares) AS total FROM investors_ledgerentry\n        WHERE share_class_id = class.id\n            AND investor_id IN (SELECT investor_id FROM entries)\n        GROUP BY investor_id\n    ) AS holdings;\n    IF least < 0 THEN RAISE EXCEPTION 'a holder of % would hold less than nothing', title USING ERRCODE = 'check_violation', CONSTRAINT = 'within_authorized'; END IF;\nEND LOOP;\nRETURN NULL;\n", hash='cebbc28ee03c860099c2874db2161d3341fc1dfe', level='STATEMENT', operation='INSERT', pgid='pgtrigger_within_authorized_11df7', referencing='REFERENCING NEW TABLE AS entries ', table='investors_ledgerentry', when='AFTER'))],
            },
        ),
    ]

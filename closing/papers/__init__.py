"""Word and Excel, written and read: values in, bytes out, and back. Pure: no Django, no clock, no database."""

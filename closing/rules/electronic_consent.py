"""The words by which a signatory consents to sign electronically. A change of them is a new VERSION.

Each electronic signature keeps the SHA-256 of the very text consented to; the text itself lies in the store under it.
"""

import hashlib

VERSION = 1

POINTS = (
    "I agree to sign this document electronically. What I draw or type is my signature, with the same effect as my "
    "signature in ink.",
    "I have read the whole document as it was shown to me, and I have said in which capacity I sign.",
    "My signed page is held in escrow. It binds nobody until counsel releases it at the closing, and if there is no "
    "closing it is of no effect.",
    "The closing room keeps as evidence: my name and e-mail address, the time, the network address and the browser "
    "that I signed from, what I drew or typed, the SHA-256 digest of the document, and this text.",
    "I need a browser to read and sign, and a program that opens PDF files to keep copies. I can download the document "
    "before I sign it and my signed page after.",
    "I need not sign electronically. I may ask counsel for the page on paper, now or for any other document, at no "
    "charge; I do so by not signing here.",
)

TEXT = "\n\n".join([f"Consent to sign electronically, version {VERSION}", *POINTS]) + "\n"
SHA256 = hashlib.sha256(TEXT.encode()).hexdigest()

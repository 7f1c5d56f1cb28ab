"""Rules for private keys: age identities, PEM in all its kinds (plain and under a passphrase), PuTTY."""

from __future__ import annotations

from keywatch.detect.checks import age_checksum, encrypted_private_key, private_key
from keywatch.detect.rule import Rule
from keywatch.model import Role
from keywatch.severity import Severity

_PEM_HEAD = r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?-----"
# what follows the head of a real block, also inside a string or indented: base64, or a header
_PEM = _PEM_HEAD + r"(?:[\s\\nrtu\"'`+,>#*|/]{1,60}(?:[A-Za-z0-9+/]{16}|Proc-Type|DEK-Info|Version|Comment|Charset))"
# up to the next five hyphens, so that a content full of heads is read once only
_PEM_WHOLE = _PEM_HEAD + r"(?:[^-]++|-(?!----))*+-----END (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?-----"

RULES = (
    Rule(
        id="private-key",
        title="Private key in the clear",
        pattern=_PEM,
        exact=_PEM_WHOLE,
        keywords=("PRIVATE KEY",),
        role=Role.PRIVATE_KEY,
        check=private_key,
        left="-",
        right="-",
        examples=(
            "{pem:RSA PRIVATE KEY}",
            "key: |\n  {pem:PRIVATE KEY}",
            "{pem:EC PRIVATE KEY}",
            "{pem:OPENSSH PRIVATE KEY}",
            "{pem:PGP PRIVATE KEY BLOCK}",
        ),
        near_misses=(
            "{pem:OPENSSH PRIVATE KEY+}",
            "-----BEGIN RSA PRIVATE KEY-----\n{base64:64}\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
            "{pem:PUBLIC KEY}",
            "{pem:ENCRYPTED PRIVATE KEY}",
        ),
    ),
    Rule(
        id="encrypted-private-key",
        title="Private key under a passphrase",
        pattern=_PEM,
        exact=_PEM_WHOLE,
        keywords=("PRIVATE KEY",),
        role=Role.PRIVATE_KEY,
        severity=Severity.INFO,
        check=encrypted_private_key,
        left="-",
        right="-",
        examples=(
            "{pem:OPENSSH PRIVATE KEY+}",
            "{pem:ENCRYPTED PRIVATE KEY}",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,{uphex:32}\n\n"
            "{base64:64}\n{base64:64}\n-----END RSA PRIVATE KEY-----",
        ),
        near_misses=("{pem:RSA PRIVATE KEY}", "{pem:OPENSSH PRIVATE KEY}"),
    ),
    Rule(
        id="putty-private-key",
        title="PuTTY private key in the clear",
        pattern=r"PuTTY-User-Key-File-[23]: [a-z0-9-]{4,40}\r?\nEncryption: none\r?\n",
        exact=r"PuTTY-User-Key-File-[23]: [a-z0-9-]{4,40}\r?\nEncryption: none\r?\n"
        r"(?:(?!PuTTY-User|Private-Lines)[^\r\n]{0,200}\r?\n){1,90}+Private-Lines: [0-9]{1,3}\r?\n"
        r"(?P<secret>[A-Za-z0-9+/=]{4,80}(?:\r?\n[A-Za-z0-9+/=]{4,80}){0,90})(?=[\r\n]|\Z)",
        keywords=("PuTTY-User-Key-File-",),
        role=Role.PRIVATE_KEY,
        right="",
        examples=(
            "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: me\nPublic-Lines: 2\n"
            "{base64:64}\n{base64:44}\nPrivate-Lines: 1\n{base64:44}\nPrivate-MAC: {hex:64}\n",
        ),
        near_misses=(
            "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: aes256-cbc\nComment: me\nPublic-Lines: 1\n{base64:64}\n"
            "Private-Lines: 1\n{base64:44}\n",
        ),
    ),
    Rule(
        id="age-secret-key",
        title="age identity",
        pattern=r"AGE-SECRET-KEY-(?:PQ-)?1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
        keywords=("AGE-SECRET-KEY-",),
        role=Role.PRIVATE_KEY,
        check=age_checksum,
        examples=("# public key: age1…\n{age}\n",),
        near_misses=("AGE-SECRET-KEY-1" + "Q" * 58, "AGE-SECRET-KEY-1{upper:58}", "AGE-PLUGIN-YUBIKEY-1Q"),
    ),
)

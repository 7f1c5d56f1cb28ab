"""`~/.aws/credentials` and config: what stands there after a move."""

from __future__ import annotations

import pytest

from keywatch.errors import CannotMoveError
from keywatch.move.base import ProfileCheck
from tests.fakes import Fakes
from tests.move.drafting import HELPER, Drafting

fakes = Fakes(77)
ID, SECRET, ID2, SECRET2 = fakes.key_id(), fakes.secret(), fakes.key_id(), fakes.secret()
LINE = f"credential_process = {HELPER} deploy"


@pytest.fixture
def home(tmp_path):
    (tmp_path / ".aws").mkdir()
    return tmp_path


def moved(home, name, text, number=0):
    path = home / ".aws" / name
    path.write_bytes(text.encode())
    drafting = Drafting(home)
    drafting.apply(path, number=number)
    return drafting.after(path).decode(), drafting


def test_only_the_key_lines_of_the_section_change(home):
    text = (
        f"# mine\r\n[default]\r\nregion = eu-west-1\r\n[dev]\r\n  aws_access_key_id = {ID}\r\n"
        f"output=json\r\naws_secret_access_key={SECRET}\r\n\r\n[other]\r\naws_access_key_id={ID2}\r\n"
        f"aws_secret_access_key={SECRET2}"
    )
    after, drafting = moved(home, "credentials", text)
    assert after == (
        f"# mine\r\n[default]\r\nregion = eu-west-1\r\n[dev]\r\n  {LINE}\r\n"
        f"output=json\r\n\r\n[other]\r\naws_access_key_id={ID2}\r\naws_secret_access_key={SECRET2}"
    )
    (check,) = drafting.draft.checks
    assert isinstance(check, ProfileCheck)
    assert (check.profile, check.entry) == ("dev", "deploy")


def test_token_and_its_old_name_leave_together(home):
    token = fakes.session_token()
    text = (
        f"[default]\naws_access_key_id={ID}\naws_secret_access_key={SECRET}\naws_session_token={token}\n"
        f"aws_security_token={token}\nregion=eu-west-1\n"
    )
    after, _ = moved(home, "credentials", text)
    assert after == f"[default]\n{LINE}\nregion=eu-west-1\n"


def test_a_last_line_without_ending_keeps_none(home):
    after, _ = moved(home, "config", f"[profile dev]\naws_secret_access_key = {SECRET}\naws_access_key_id = {ID}")
    assert after == f"[profile dev]\n{LINE}\n"
    after, _ = moved(
        home, "config", f"[profile dev]\nregion=x\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}"
    )
    assert after == f"[profile dev]\nregion=x\n{LINE}\n"


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (f"[default]\naws_access_key_id={ID}\naws_secret_access_key={SECRET}\ncredential_process=/bin/x y\n", "agree"),
        (f"[default]\naws_access_key_id={ID}\n[b]\naws_secret_access_key={SECRET}\n", "half a key"),
    ],
)
def test_what_would_change_the_identity_is_refused(home, other, why):
    with pytest.raises(CannotMoveError, match=why):
        moved(home, "credentials", other)


def test_another_static_key_of_the_profile_in_the_other_file_is_refused(home):
    (home / ".aws/config").write_text(f"[default]\naws_access_key_id={ID2}\naws_secret_access_key={SECRET2}\n")
    with pytest.raises(CannotMoveError, match="another static key"):
        moved(home, "credentials", f"[default]\naws_access_key_id={ID}\naws_secret_access_key={SECRET}\n")


def test_config_beside_is_looked_at_by_profile(home):
    (home / ".aws/config").write_text(f"[profile x]\naws_access_key_id={ID2}\naws_secret_access_key={SECRET2}\n")
    after, _ = moved(home, "credentials", f"[default]\naws_access_key_id={ID}\naws_secret_access_key={SECRET}\n")
    assert after == f"[default]\n{LINE}\n"

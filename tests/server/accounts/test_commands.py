"""The command that makes the first admins."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User


def test_the_first_admins_get_a_link_each_to_set_a_password(
    db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("bootstrap_admins", "one@example.com", "two@example.com")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["one@example.com", "two@example.com"]
    client = Client()
    opened = client.get(urlsplit(lines[0].split()[-1]).path, follow=True)
    given = {"password1": "a-long-demo-phrase-7", "password2": "a-long-demo-phrase-7"}
    client.post(opened.redirect_chain[-1][0], given)
    assert User.objects.get(email="one@example.com").check_password("a-long-demo-phrase-7")


def test_one_person_is_not_enough(db: None) -> None:
    with pytest.raises(CommandError, match="two"):
        call_command("bootstrap_admins", "one@example.com")

"""Passwords that are spoken of, typed or given to commands, and secrets in headers, lists and messages."""

from __future__ import annotations

import pytest

from mci_core.detectors import commands, password, secrets
from mci_core.detectors.matching import Detector, fold
from mci_core.detectors.tables import rows

MIXED = "aB3dE5gH7jK9mN2pQ4rS"


def found(detector: Detector, text: str) -> list[str]:
    return [text[hit.start : hit.end] for hit in detector.find(fold(text), text)]


SPOKEN = [
    ("the wifi password is Lantern7 btw", "Lantern7"),
    ("pw is summary-winter-coffee-ticket dont share it", "summary-winter-coffee-ticket"),
    ("my password is ForestRibbonHarbor", "ForestRibbonHarbor"),
    ("Kennwort lautet Lantern7!", "Lantern7"),
    ("the root password has been changed to Lantern7.", "Lantern7"),
    ("the passphrase for the disk is qzxkvwbj", "qzxkvwbj"),
    ("use password Lantern7x to log in", "Lantern7x"),
    ("his password !Lantern7.", "!Lantern7"),
    ("password river-violet-anchor-pillow works", "river-violet-anchor-pillow"),
    ("user bob pass Lantern7", "Lantern7"),
    ("login is bob and the password lantern-7", "lantern-7"),
    ("credentials: bob / Lantern7", "Lantern7"),
    ("PIN code 482100", "482100"),
    ("bob[Tab]lantern-cactus-copper[Enter]", "lantern-cactus-copper"),
    ("bob[Tab]harborcactussignalmarble[Enter]", "harborcactussignalmarble"),
    ("bob\tLantern7\n", "Lantern7"),
    ("CREATE USER x IDENTIFIED BY 'Lantern7'", "Lantern7"),
    ("ALTER ROLE x WITH PASSWORD 'Lantern7'", "Lantern7"),
    ('<input type="password" name="pwd" value="Lantern7">', "Lantern7"),
]


@pytest.mark.parametrize(("text", "value"), SPOKEN)
def test_a_password_in_words_forms_and_keys_is_found(text: str, value: str) -> None:
    assert value in found(password.DETECTOR, text)


@pytest.mark.parametrize(
    "text",
    [
        "the password is wrong",
        "please reset your password today",
        "password requirements and reset-link",
        "password 12345678",
        "the password is self.password",
        "column D\tcolumn E\n",
        "bob[Tab]garden[Enter]",
        "name\trelease-notes-july\n",
        "bob[Tab]request.user.name[Enter]",
        "user bob passes the exam",
        "login: docs / guides",
        "IDENTIFIED BY '********'",
    ],
)
def test_sentences_about_passwords_and_tables_stay(text: str) -> None:
    assert found(password.DETECTOR, text) == []


COMMANDS = {
    "sshpass": "sshpass -p 'Lantern7' ssh host",
    "mysql": "mysql -u root -pLantern7 db",
    "docker": "docker login -u root -p Lantern7 registry.example",
    "mongo": "mongosh -u root -p Lantern7",
    "redis": "redis-cli -a Lantern7 ping",
    "redis-conf": "requirepass Lantern7",
    "psql": 'psql "host=x password=Lantern7"',
    "curl": "curl -u ann:Lantern7 https://x.example",
    "wget": "wget --http-password=Lantern7 https://x.example",
    "user-option": "tool --user ann:Lantern7",
    "ldap": "ldapsearch -x -w Lantern7 -D cn=x",
    "rdp": "xfreerdp /u:ann /p:Lantern7",
    "rdesktop": "rdesktop -u ann -p Lantern7 host",
    "smb": "smbclient //x/y -U ann%Lantern7",
    "cifs": "mount -t cifs -o username=ann,password=Lantern7 //x /y",
    "net-use": "net use Z: \\\\x\\y /user:CORP\\ann Lantern7",
    "net-use-first": "net use Z: \\\\x\\y Lantern7 /user:ann",
    "net-user": "net user ann Lantern7 /add",
    "cmdkey": "cmdkey /add:x /user:ann /pass:Lantern7",
    "sudo": "echo Lantern7 | sudo -S ls",
    "chpasswd": "echo ann:Lantern7 | sudo chpasswd",
    "zip": "zip -P Lantern7 a.zip b",
    "sevenzip": "7z a -pLantern7 a.7z b",
    "openssl": "openssl enc -k Lantern7 -in x",
    "pass-argument": "x -passin pass:Lantern7",
    "gpg": "gpg --batch --passphrase Lantern7 x",
    "keytool": "keytool -list -storepass Lantern7",
    "htpasswd": "htpasswd -cb file ann Lantern7",
    "sqlcmd": "sqlcmd -S x -U sa -P Lantern7",
    "sqlplus": "sqlplus scott/Lantern7@db",
    "lftp": "lftp -u ann,Lantern7 x",
    "password-option": "tool --db-password=Lantern7",
    "windows-option": "tool /password:Lantern7",
    "aws": f"aws configure set aws_secret_access_key {MIXED}",
    "svn": "svn co --username ann --password Lantern7",
    "secure-string": 'ConvertTo-SecureString "Lantern7" -AsPlainText',
    "nmcli": "nmcli dev wifi connect x password Lantern77",
    "nmcli-psk": "wpa_passphrase home Lantern77",
    "expect": 'send "Lantern7\\r"',
}


@pytest.mark.parametrize("name", [name for name, _ in rows("commands.txt")])
def test_each_command_of_the_table_gives_its_password(name: str) -> None:
    values = {"aws": MIXED, "nmcli": "Lantern77", "nmcli-psk": "Lantern77"}
    assert values.get(name, "Lantern7") in found(commands.DETECTOR, COMMANDS[name])


@pytest.mark.parametrize(
    "text",
    [
        "ssh -p 2222 host",
        "mysql -u root -p db",
        "docker run -p 8080:80 x",
        "tool --password $PASS",
        "x -password",
        "tool --password ********",
    ],
)
def test_ports_and_options_without_a_value_stay(text: str) -> None:
    assert found(commands.DETECTOR, text) == []


def test_a_bracket_after_a_command_is_not_part_of_the_password() -> None:
    assert found(commands.DETECTOR, "(sshpass -p Lantern7)") == ["Lantern7"]


SECRETS = [
    (f"Authorization: Bearer {MIXED}.", MIXED),
    ("Proxy-Authorization: Basic YW5uOkxhbnRlcm43", "YW5uOkxhbnRlcm43"),
    (f"the token is {MIXED}:", MIXED),
    (f'"tokens": ["{MIXED}", "abc"]', MIXED),
    ("Your verification code is 493821.", "493821"),
    ("493821 is your login code", "493821"),
    ("votre code de connexion : 4938", "4938"),
    ("Your G-493821 code to sign in: G-493821", "G-493821"),
]


@pytest.mark.parametrize(("text", "value"), SECRETS)
def test_headers_lists_and_messages_give_their_secrets(text: str, value: str) -> None:
    assert value in found(secrets.DETECTOR, text)


@pytest.mark.parametrize(
    "text",
    [
        "verify(data: bytes, digest: HashAlgorithm)",
        "the token is documentation",
        "error code 493821 and status code 404",
        "Java code is Copyright (C) 2009 by the author",
        "your code 12345678901 is a login",
        '"keys": ["primary", "the_foreign_ones"]',
        "your login code 493821\u00e9",
        "Your login code is 493821. Error code 12",
        "postal code 49382 of the login",
        "write code. Then login 4938",
    ],
)
def test_types_words_and_other_codes_stay(text: str) -> None:
    assert found(secrets.DETECTOR, text) == []

"""Secrets that are given to a name: what the name, the way of writing and the value say."""

from __future__ import annotations

import time

import pytest

from mci_core.detectors import assignments, values
from mci_core.detectors.matching import fold

MIXED = "aB3dE5gH7jK9mN2pQ4rS"
RANDOM = "qzxkvwbjhg"


def found(text: str) -> list[str]:
    return [text[hit.start : hit.end] for hit in assignments.DETECTOR.find(fold(text), text)]


POSITIVES = [
    # the ways of writing
    ("password: Hunter22, ok", "Hunter22"),
    ("DB_PASS=Lantern7\nX=1", "Lantern7"),
    ('pwd = "two words 7"', "two words 7"),
    ("my_passwd => 'lantern'", "lantern"),
    ("smtp.password: `Lantern7`", "Lantern7"),
    ('{"user": "ann", "password": "lantern"}', "lantern"),
    ('{\\"password\\": \\"Lantern7\\"}', "Lantern7"),
    ("pass: &quot;Lantern7&quot;", "Lantern7"),
    ('val password: String = "Lantern7"', "Lantern7"),
    ('String password = new Credential("Lantern7");', "Lantern7"),
    (f'secret = []byte("{MIXED}")', MIXED),
    ('PASSWORD = os.environ.get("PASSWORD") or "Lantern7"', "Lantern7"),
    ('password = getenv("DB_PASSWORD", "Lantern7")', "Lantern7"),
    ('if password == "Lantern7":', "Lantern7"),
    ('config["password"] = "Lantern7"', "Lantern7"),
    ("<password>Lantern7</password>", "Lantern7"),
    ('<entry key="password">Lantern7</entry>', "Lantern7"),
    ('"name": "DB_PASSWORD",\n  "value": "Lantern7"', "Lantern7"),
    ("- name: DB_PASSWORD\n  value: Lantern7\n", "Lantern7"),
    ("\\set ADMIN_PASS Lantern7\n", "Lantern7"),
    ("ENV API_TOKEN " + MIXED, MIXED),
    ("?password=Lantern7&user=ann", "Lantern7"),
    ("password=Lantern7/user=ann", "Lantern7"),
    ("temporary password for the new phone = Lantern7, user ann", "Lantern7"),
    ("mot de passe : Lantern7!", "Lantern7"),
    ("hasło: Lantern7", "Lantern7"),
    ("WPA2 key: pepper-onion-kitten-magnet", "pepper-onion-kitten-magnet"),
    # values
    ("password: (X8!kkwPfq7_zz", "(X8!kkwPfq7_zz"),
    ("DB_PASS=pw(9)x^mulq", "pw(9)x^mulq"),
    ("DB_PASS=FwF8Jl(MaL+N$y02?K", "FwF8Jl(MaL+N$y02?K"),
    ("DB_PASS=qg(kqUff=r)jo-f6t3", "qg(kqUff=r)jo-f6t3"),
    ("password: forest.marble.copper7", "forest.marble.copper7"),
    ("password: EngineMarbleSaddle\n", "EngineMarbleSaddle"),
    ("Password = ribbonlanternanchorbridge", "ribbonlanternanchorbridge"),
    (f"OAUTH_KEY={RANDOM}\n", RANDOM),
    (f'"secret":"{RANDOM}"', RANDOM),
    (f"api_key: '{MIXED}'", MIXED),
    (f"client_secret={MIXED},", MIXED),
    (f"twitter_oauth_secret = '{MIXED}'", MIXED),
    ("github_password = 'lantern'", "lantern"),
    (f"datadog = '{MIXED}'", MIXED),
    ("dropbox: '5f4dcc3b5aa765d61d8327deb882cf99'", "5f4dcc3b5aa765d61d8327deb882cf99"),
    (f"private_key_id: '{MIXED}'", MIXED),
    ("apikeyid=" + MIXED, MIXED),
]


@pytest.mark.parametrize(("text", "value"), POSITIVES)
def test_a_value_that_is_given_to_the_name_of_a_secret_is_found(text: str, value: str) -> None:
    assert found(text) == [value]


NEGATIVES = [
    # the name speaks of a password, or belongs to a page, or is another word
    'LABEL_PASSWORD: "Repeat the new password"',
    'password_reset_url = "account/reset"',
    'passwordAlgorithm = "bcrypt12"',
    "token_type: bearer",
    'show_password: "never1"',
    "tokenizer = 'whitespace7x'",
    "secretary: 'Jane9Smith'",
    f"public_key = '{MIXED}'",
    f"cacheKey: '{MIXED}'",
    "passwords without a sign",
    # the way of writing
    "user.password = passphrase;",
    "{ password: passphrase, x }",
    "password: FilterOrBool = False",
    "password: CredentialValue\n",
    "password = getpass(prompt)",
    'password = ask("Repeat the new password")',
    "expected_nonce = sha256(auth_data + more)",
    "signature=f()}}(typeof x",
    "token = tokens.next_by(kind=Comment)",
    "fn(password, secret)",
    "\\set token_type bearer",
    '<input type="password">',
    "password=",
    # the value
    "password: ********",
    "password: <your password>",
    "password=${DB_PASSWORD}",
    "password: :unset, region: 1",
    "DB_PASS=''${DB_PASS:?required}",
    "new_password: new_password",
    "password: self.password",
    "password: request.POST['x']",
    'key = "networks"',
    "signing_keys: '/2010-04-01/Accounts/SigningKeys.json'",
    "secret: https://example.com/docs",
    "secret: 'ABCDEFGHIJKL'",
    "secret: 'all the words of it'",
    "api_key: 'abc'",
    "Token: '#dcdccc'",
    "digest_key = '1.2.840.113549.1.9.4'",
    "session_key = '_session_of_the_user'",
    "oauth_signature_method: HMAC-SHA256",
    "click_api = `click${EVENT_KEY$4}`",
    "github: ann-lee/tools",
    "passwordPath: '/my/credential'",
    "password: '/my/credential'",
]


@pytest.mark.parametrize("text", NEGATIVES)
def test_names_code_placeholders_and_words_stay(text: str) -> None:
    assert found(text) == []


def test_a_run_of_names_without_values_is_read_once() -> None:
    """Each name in the run would otherwise read on to its end."""
    text = "key=" * 400 + MIXED
    hits = list(assignments.find(fold(text), text))
    assert max(hit.end for hit in hits) == len(text)
    began = time.process_time()
    list(assignments.find(fold("key=" * 15_000), ""))
    # Reading on each time takes ten times as long.
    assert time.process_time() - began < 5


def test_a_password_and_a_token_keep_their_names() -> None:
    labels = [hit.label for hit in assignments.find(fold(f"pw=Lantern7; api_key='{MIXED}'"), "")]
    assert labels == ["PASSWORD", "SECRET"]


@pytest.mark.parametrize(
    ("value", "random"),
    [("qzxkvwbj", True), ("tnmqzlwrpvfh", True), ("lantern", False), ("networks", False), ("a1b2", False)],
)
def test_letters_that_follow_as_in_no_language_look_random(value: str, random: bool) -> None:
    assert values.looks_random(value.encode()) is random


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (b"/usr/share/words", True),
        (b"/my/credential", True),
        (b"a1/Zx9Q/k2", False),
        (b"Qk9/zX1pLm4vN7bT2+A", False),
        (b"VnpmUG/9KQAwr/L2ZYd.json", True),
        (b"word", False),
    ],
)
def test_paths_are_told_from_base64_with_slashes(value: bytes, path: bool) -> None:
    assert values.is_path(value) is path

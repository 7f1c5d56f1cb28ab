"""Calls AWS as one identity, by boto3: a vault's key, or what a profile of the person's own says. Keeps nothing.

Every error is an `AwsError` that is told by AWS's code, never by its text: a message may repeat what was sent. A key of
the vault signs alone: no profile and no variable of the environment counts beside it. `AWS_ENDPOINT_URL` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keywatch.errors import AwsError, UsageError
from keywatch.model import Secret

if TYPE_CHECKING:
    from keywatch.vault.base import Payload

#: what STS and IAM say of a key that is deleted, deactivated or whose secret is another's
DEAD = frozenset({"InvalidClientTokenId", "SignatureDoesNotMatch", "InvalidAccessKeyId", "UnrecognizedClientException"})
#: what AWS says while it wants to be asked less often, or has not heard of a change everywhere
PASSING = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "ServiceUnavailable", "SlowDown"})
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
#: seconds for a connection, and for an answer
_PATIENCE = 10
#: IAM and STS without a region of one's own are answered there
_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signs: the account's number, the ARN, and the IAM user's name; empty for a role, the root user, a session."""

    account: str
    arn: str
    user: str


class Aws:
    """AWS as one identity sees it. `of_key` and `of_profile` make one; no call is made before `call`."""

    def __init__(self, session: Any, errors: tuple[type[Exception], ...]) -> None:
        self._session = session
        self._errors = errors
        self._clients: dict[tuple[str, int], Any] = {}

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """What AWS answers to one operation, such as `call("iam", "list_access_keys")`. `AwsError` otherwise.

        boto3 itself tries again, three times in all, where AWS was busy or did not answer.
        """
        return self._call(service, operation, 3, parameters)

    def call_once(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """The same without a second try: for what is not to be done twice where only the answer was lost."""
        return self._call(service, operation, 1, parameters)

    def _call(self, service: str, operation: str, tries: int, parameters: dict[str, Any]) -> dict[str, Any]:
        try:
            if (service, tries) not in self._clients:
                self._clients[service, tries] = self._session.client(service, config=_config(tries))
            answer = getattr(self._clients[service, tries], operation)(**parameters)
        except self._errors as error:
            raise AwsError(api_name(service, operation), _code(error)) from None
        return dict(answer)

    def key_account(self) -> str:
        """The account in the id of the key that would sign, empty where the id does not hold it. Signs nothing."""
        from keywatch.detect.account import account_of

        try:
            credentials = self._session.get_credentials()
            key_id = credentials.access_key if credentials is not None else ""
        except self._errors as error:
            raise UsageError(f"the profile's credentials can't be had: {_code(error)}") from None
        if not key_id:
            raise UsageError("no AWS credentials to sign with: --profile NAME, or --as ENTRY of the vault")
        return account_of(str(key_id).encode()) or ""

    def caller(self) -> Caller:
        """Whose identity this is, by STS GetCallerIdentity, which every key may ask."""
        told = self.call("sts", "get_caller_identity")
        arn = str(told.get("Arn", ""))
        kind, _, name = arn.rpartition(":")[2].partition("/")
        return Caller(str(told.get("Account", "")), arn, name.rpartition("/")[2] if kind == "user" else "")


def of_key(payload: Payload) -> Aws:
    """AWS as the key of a vault's entry, temporary or not."""
    fields = {name: secret.expose().decode("utf-8", "replace") for name, secret in payload.fields.items()}
    if not {"access_key_id", "secret_access_key"} <= fields.keys():
        raise UsageError("this entry is no AWS access key: it needs an id and a secret")
    boto3, errors = _library()
    session = boto3.Session(
        aws_access_key_id=fields["access_key_id"], aws_secret_access_key=fields["secret_access_key"],
        aws_session_token=fields.get("session_token"), region_name=_REGION,
    )  # fmt: skip
    return Aws(session, errors)


def of_profile(profile: str = "") -> Aws:
    """AWS as a profile of the person's own, or as whatever the AWS CLI would use where none is named."""
    boto3, errors = _library()
    try:
        session = boto3.Session(profile_name=profile or None)
        region = session.region_name or _REGION
        return Aws(
            session if session.region_name else boto3.Session(profile_name=profile or None, region_name=region), errors
        )
    except errors as error:
        raise UsageError(f"profile '{profile}' can't be used: {_code(error)}") from None


def payload_of(credentials: dict[str, Any]) -> Payload:
    """An entry's payload of what AWS calls `AccessKey` (IAM CreateAccessKey) or `Credentials` (STS)."""
    from keywatch.vault.base import Payload

    names = {"access_key_id": "AccessKeyId", "secret_access_key": "SecretAccessKey", "session_token": "SessionToken"}
    found = {ours: str(credentials[theirs]) for ours, theirs in names.items() if credentials.get(theirs)}
    return Payload({name: Secret(value.encode()) for name, value in found.items()})


def api_name(service: str, operation: str) -> str:
    """An operation as policies and AWS's documentation name it, `iam:ListMFADevices` for `list_mfa_devices`.

    As the service's model has it: capitals can't be made out of boto3's name.
    """
    from botocore import xform_name
    from botocore.loaders import Loader

    names = Loader().load_service_model(service, "service-2")["operations"]
    return f"{service}:{next((name for name in names if xform_name(name) == operation), operation)}"


def time_of(value: Any) -> str:
    """A time of AWS's as metadata holds it, `2025-01-31T12:00:00Z`; empty for none."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if hasattr(value, "strftime") else ""


def _library() -> tuple[Any, tuple[type[Exception], ...]]:
    """boto3, and what it raises; the last three of them where an answer is garbled."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise UsageError("asking AWS needs boto3: pip install 'keywatch[aws]'") from None
    return boto3, (BotoCoreError, ClientError, KeyError, ValueError, TypeError)


def _config(tries: int) -> Any:
    from botocore.config import Config

    retries = {"mode": "standard", "total_max_attempts": tries}
    return Config(connect_timeout=_PATIENCE, read_timeout=_PATIENCE, retries=retries)


def _code(error: Exception) -> str:
    """AWS's code for an error, or the kind of what went wrong before AWS answered."""
    response = getattr(error, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    return str(code or type(error).__name__)[:100]

"""The options of `keywatch key create` and `keywatch key templates`. Parses nothing itself."""

from __future__ import annotations

import argparse
from typing import Any

from keywatch.aws.policies.parameters import PARAMETERS
from keywatch.cli.parser import RawHelp

_EXAMPLES = """\
examples:
  keywatch key create backup --allow backup:upload --bucket acme-backups --prefix web1/ --dry-run
  keywatch key create mailer --allow ses:send --from noreply@example.org --region eu-west-1 --profile admin
  keywatch key create sync --allow s3:read,bucket=acme-in,prefix=new/ --allow s3:write,bucket=acme-out,prefix=done/
  keywatch key create backup --allow backup:upload --bucket acme-backups --prefix web1/ --terraform > backup.tf

exit status:
  0  done, or shown   1  you said no   2  wrong usage   3  it failed: taken back, or the message says what not
"""


def add_create(actions: Any) -> None:
    """`keywatch key create`, and `keywatch key templates`."""
    create = actions.add_parser(
        "create", help="make a service's own key: an IAM user, a narrow policy, the key straight into the vault",
        description="Make a service's own key: an IAM user for service and host, a policy of templates that is shown "
        "first, the key straight into the vault. It is never printed.",
        epilog=_EXAMPLES, formatter_class=RawHelp, allow_abbrev=False,
    )  # fmt: skip
    create.add_argument("service", metavar="SERVICE", help="what the key is for; also the entry's name")
    create.add_argument(
        "--allow", action="append", default=[], metavar="TEMPLATE[,NAME=VALUE…]",
        help="what it may do; may be repeated; keywatch key templates lists them",
    )  # fmt: skip
    create.add_argument("--entry", default="", metavar="NAME", help="what to call it in the vault, if not SERVICE")
    create.add_argument("--host", default="", metavar="NAME", help="the machine it is for, if not this one")
    create.add_argument(
        "--user", action="append", default=[], metavar="NAME|UID", help="who may have it from the system agent"
    )
    create.add_argument(
        "--executable", action="append", default=[], metavar="PATH", help="the only programs that an agent gives it to"
    )
    create.add_argument("--vault", default="", metavar="FILE", help="another vault file, 'keyring' or 'system'")
    create.add_argument("--passphrase-fd", type=int, metavar="N", help="read the passphrase from descriptor N")
    _add_signing(create)
    create.add_argument(
        "--boundary", default="", metavar="ARN", help="the policy that bounds all that the user can be allowed"
    )
    how = create.add_mutually_exclusive_group()
    how.add_argument("--existing-user", default="", metavar="NAME", help="make a key for this IAM user, and no user")
    how.add_argument("--replace-policy", action="store_true", help="give its user another policy, and make no key")
    how.add_argument("--terraform", action="store_true", help="print user and policy as code, and make nothing")
    how.add_argument("--cloudformation", action="store_true", help="the same as a CloudFormation template")
    create.add_argument("--dry-run", action="store_true", help="show what would be made, and ask no network")
    create.add_argument("--yes", "-y", action="store_true", help="do not ask")
    create.add_argument("--json", action="store_true", help="as JSON; asks nothing, so it needs --yes or --dry-run")
    _add_parameters(create)
    templates = actions.add_parser(
        "templates", help="list what a key can be allowed, and the options for it",
        description="List the templates of policies for keywatch key create, with the options that each needs.",
        allow_abbrev=False,
    )  # fmt: skip
    templates.add_argument("templates", nargs="*", metavar="TEMPLATE", help="these, each with its policy as an example")
    templates.add_argument("--json", action="store_true", help="as JSON")


def _add_signing(create: argparse.ArgumentParser) -> None:
    signing = create.add_argument_group("who makes it at AWS")
    who = signing.add_mutually_exclusive_group()
    who.add_argument("--profile", default="", metavar="NAME", help="an AWS profile; else what the AWS CLI would use")
    who.add_argument("--as", dest="signer", default="", metavar="ENTRY", help="a key of the vault")
    signing.add_argument("--account", default="", metavar="ACCOUNT", help="in this account, and in no other")


def _add_parameters(create: argparse.ArgumentParser) -> None:
    group = create.add_argument_group("what the templates are about")
    for each in PARAMETERS.values():
        option, dest = f"--{each.name}", parameter_dest(each.name)
        if each.flag:
            group.add_argument(option, dest=dest, action="append_const", const="yes", default=[], help=each.text)
        else:
            group.add_argument(
                option, dest=dest, action="extend", nargs="+" if each.many else 1, default=[], metavar=each.metavar,
                help=each.text,
            )  # fmt: skip


def parameter_dest(name: str) -> str:
    """Under which name a parameter's values stand among the options."""
    return f"parameter_{name}"

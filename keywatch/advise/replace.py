"""What serves instead of a long-lived key, by the kind of machine: words and steps to copy.

Steps after AWS's own guides (IAM, ECS, EKS, IAM Roles Anywhere, IAM Identity Center). NAME, ACCOUNT and such are to be
filled in. Kept as data; tested for being shown, not against AWS.
"""

from __future__ import annotations

from dataclasses import dataclass

from keywatch.advise.machine import Machine


@dataclass(frozen=True, slots=True)
class Replacement:
    """A sentence, commands, and the section of docs/advice.md."""

    text: str
    commands: tuple[str, ...]
    section: str


REPLACEMENTS: dict[Machine, Replacement] = {
    Machine.EC2: Replacement(
        "Replace it by an instance role: SDKs and the AWS CLI find the role by themselves once no key is in their way",
        (
            "aws iam create-role --role-name NAME --assume-role-policy-document file://ec2-trust.json",
            "aws iam put-role-policy --role-name NAME --policy-name NAME --policy-document file://policy.json",
            "aws iam create-instance-profile --instance-profile-name NAME",
            "aws iam add-role-to-instance-profile --instance-profile-name NAME --role-name NAME",
            "aws ec2 associate-iam-instance-profile --instance-id ID --iam-instance-profile Name=NAME",
            "aws sts get-caller-identity",
        ),
        "ec2-an-instance-role",
    ),
    Machine.CONTAINER: Replacement(
        "Replace it by a role of the container: a task role in ECS, a service account's role in EKS",
        (
            "aws ecs register-task-definition --task-role-arn arn:aws:iam::ACCOUNT:role/NAME "
            "--cli-input-json file://task.json",
            "aws eks create-pod-identity-association --cluster-name CLUSTER --namespace NAMESPACE "
            "--service-account NAME --role-arn arn:aws:iam::ACCOUNT:role/NAME",
            "aws sts get-caller-identity",
        ),
        "containers-a-task-role-or-pod-identity",
    ),
    Machine.CLOUD: Replacement(
        "Replace it by a role that this cloud's own identity may assume (OIDC federation), or by IAM Roles Anywhere",
        (
            "aws iam create-open-id-connect-provider --url https://ISSUER --client-id-list sts.amazonaws.com",
            "aws iam create-role --role-name NAME --assume-role-policy-document file://oidc-trust.json",
            "aws configure set profile.NAME.role_arn arn:aws:iam::ACCOUNT:role/NAME",
            "aws configure set profile.NAME.web_identity_token_file /path/to/token",
            "aws sts get-caller-identity --profile NAME",
        ),
        "another-cloud-federation",
    ),
    Machine.SERVER: Replacement(
        "Replace it by IAM Roles Anywhere: the machine's certificate gives temporary credentials, and no key lies here",
        (
            "aws rolesanywhere create-trust-anchor --name NAME --enabled --source file://ca.json",
            "aws rolesanywhere create-profile --name NAME --enabled --role-arns arn:aws:iam::ACCOUNT:role/NAME",
            "aws_signing_helper credential-process --certificate HOST.pem --private-key HOST.key "
            "--trust-anchor-arn ARN --profile-arn ARN --role-arn ARN",
        ),
        "a-server-of-your-own-iam-roles-anywhere",
    ),
    Machine.PERSONS: Replacement(
        "Replace it by IAM Identity Center where your organisation has it: a login gives temporary credentials",
        ("aws configure sso", "aws sso login --profile NAME", "aws sts get-caller-identity --profile NAME"),
        "a-persons-laptop-iam-identity-center",
    ),
}

"""Rules for code forges: GitHub, GitLab, Bitbucket and Atlassian, Azure DevOps."""

from __future__ import annotations

from keywatch.detect.checks import github_checksum, gitlab_checksum
from keywatch.detect.rule import TOKEN, Rule
from keywatch.severity import Severity

RULES = (
    Rule(
        id="github-token",
        title="GitHub token (classic, OAuth, app)",
        pattern=r"gh[pousr]_[A-Za-z0-9]{36}",
        keywords=("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        check=github_checksum,
        examples=("export GITHUB_TOKEN=ghp_{github:36}", '"token": "gho_{github:36}"', r"a\nghs_{github:36}\n"),
        near_misses=("ghp_{alnum:36}", "ghp_{github:35}", "xghp_{github:36}", "ghp_{github:36}0", "ghp_" + "x" * 36),
    ),
    Rule(
        id="github-refresh-token",
        title="GitHub refresh token",
        pattern=r"ghr_[A-Za-z0-9]{76}",
        keywords=("ghr_",),
        examples=("refresh_token=ghr_{alnum:76}",),
        near_misses=("ghr_{alnum:75}", "ghr_{alnum:77}"),
    ),
    Rule(
        id="github-installation-token",
        title="GitHub App installation token (signed form)",
        # announced for 2026: `ghs_`, perhaps a part with the app's number, and a JWT; about 520 characters
        pattern=r"ghs_[A-Za-z0-9_-]{0,40}eyJ[A-Za-z0-9_-]{10,600}\.[A-Za-z0-9_-]{10,1500}\.[A-Za-z0-9_-]{20,800}",
        keywords=("ghs_",),
        right=TOKEN,
        severity=Severity.MEDIUM,
        examples=("ghs_{digit:6}_eyJ{alnum:33}.eyJ{alnum:200}.{base64url:86}",),
        near_misses=("ghs_{digit:6}_eyJ{alnum:33}.eyJ{alnum:200}", "ghs_short.eyJ.eyJ"),
    ),
    Rule(
        id="github-fine-grained-token",
        title="GitHub fine-grained personal access token",
        pattern=r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
        keywords=("github_pat_",),
        examples=("github_pat_11{alnum:20}_{alnum:59}",),
        near_misses=("github_pat_11{alnum:20}{alnum:60}", "github_pat_11{alnum:20}_{alnum:58}"),
    ),
    Rule(
        id="gitlab-token",
        title="GitLab token (personal, deploy, runner, feed, SCIM, feature flag)",
        pattern=r"(?:glpat-|gldt-|glrt-(?:t[0-9]_)?|glft-|glsoat-|glffct-|GR1348941)[A-Za-z0-9_-]{20}",
        keywords=("glpat-", "gldt-", "glrt-", "glft-", "glsoat-", "glffct-", "GR1348941"),
        right=TOKEN,
        exact=r"(?:glpat-|gldt-|glrt-(?:t[0-9]_)?|glft-|glsoat-|glffct-|GR1348941)[A-Za-z0-9_-]{20}(?!\.[0-9a-z]{2})",
        examples=("PRIVATE-TOKEN: glpat-{base64url:20}", "gldt-{alnum:20}", "glrt-{alnum:20}", "glrt-t1_{alnum:20}.\n"),
        near_misses=("glpat-{alnum:19}", "glpat-{alnum:21}", "glpat-XXXXXXXXXXXXXXXXXXXX", "glpat-<your_access_token>"),
    ),
    Rule(
        id="gitlab-routable-token",
        title="GitLab routable token",
        pattern=r"(?:glpat-|gldt-|glrt-t[0-9]_|glft-|glptt-)[A-Za-z0-9_-]{27,300}\.(?:[0-9a-z]{2}\.)?[0-9a-z]{9}",
        keywords=("glpat-", "gldt-", "glrt-", "glft-", "glptt-"),
        check=gitlab_checksum,
        examples=("{gitlab:glpat-}", "{gitlab:glrt-t3_}", "glpat-{base64url:44}.{lownum:9}"),
        near_misses=("glpat-{base64url:40}.01.{lownum:9}", "glpat-{base64url:26}.{lownum:9}"),
    ),
    Rule(
        id="gitlab-ci-job-token",
        title="GitLab CI job token",
        pattern=r"glcbt-(?:[0-9a-zA-Z]{1,5}_[A-Za-z0-9_-]{20}|eyJ[A-Za-z0-9_-]{10,600}\.[A-Za-z0-9_-]{10,1500}\.[A-Za-z0-9_-]{20,800})",
        keywords=("glcbt-",),
        right=TOKEN,
        severity=Severity.MEDIUM,
        examples=("glcbt-64_{base64url:20}", "glcbt-eyJ{alnum:30}.eyJ{alnum:90}.{base64url:86}"),
        near_misses=("glcbt-{alnum:20}", "glcbt-64_{alnum:18}"),
    ),
    Rule(
        id="gitlab-trigger-token",
        title="GitLab pipeline trigger token",
        pattern=r"glptt-[0-9a-f]{40}",
        keywords=("glptt-",),
        examples=("token=glptt-{hex:40}",),
        near_misses=("glptt-{hex:39}", "glptt-{hex:41}"),
    ),
    Rule(
        id="gitlab-application-secret",
        title="GitLab OAuth application secret, agent or mail token",
        pattern=r"(?:gloas-[A-Za-z0-9_-]{64}|glagent-[A-Za-z0-9_-]{50}|glimt-[A-Za-z0-9_-]{25})",
        keywords=("gloas-", "glagent-", "glimt-"),
        right=TOKEN,
        examples=("gloas-{hex:64}", "glagent-{base64url:50}", "glimt-{lownum:25}"),
        near_misses=("gloas-{hex:63}", "glagent-{alnum:49}", "glimt-{lownum:26}"),
    ),
    Rule(
        id="atlassian-token",
        title="Atlassian API token",
        pattern=r"AT[ACS]TT3[A-Za-z0-9_=-]{140,250}",
        keywords=("ATATT3", "ATCTT3", "ATSTT3"),
        right=TOKEN + "=",
        examples=("JIRA_TOKEN=ATATT3xFfGF0{base64url:171}={uphex:8}",),
        near_misses=("ATATT3xFfGF0{base64url:90}", "ATBTT3xFfGF0{base64url:171}={uphex:8}"),
    ),
    Rule(
        id="bitbucket-app-password",
        title="Bitbucket app password",
        pattern=r"ATBB[A-Za-z0-9]{24}[0-9A-F]{8}",
        keywords=("ATBB",),
        left=TOKEN + "+/",
        examples=("ATBB{alnum:24}{uphex:8}",),
        near_misses=("ATBB{alnum:24}{lower:8}", "/ATBB{alnum:24}{uphex:8}", "ATBB{alnum:24}{uphex:9}"),
    ),
    Rule(
        id="azure-devops-token",
        title="Azure DevOps personal access token",
        pattern=r"[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{18}AZDO[A-Za-z0-9]{4}",
        keywords=("AZDO",),
        examples=("AZURE_DEVOPS_EXT_PAT={alnum:52}JQQJ99{alnum:18}AZDO{alnum:4}",),
        near_misses=("{alnum:52}JQQJ99{alnum:18}AZDX{alnum:4}", "{alnum:53}JQQJ99{alnum:18}AZDO{alnum:4}"),
    ),
)

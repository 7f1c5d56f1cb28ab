"""Rules for chat, mail and telephony: Slack, Discord, Telegram, Twilio, SendGrid, Mailgun, Teams."""

from __future__ import annotations

from keywatch.detect.checks import discord_id, telegram_id
from keywatch.detect.rule import SEP, TOKEN, Rule
from keywatch.severity import Severity

RULES = (
    Rule(
        id="slack-token",
        title="Slack token",
        pattern=r"xox(?:b-[0-9]{8,14}-(?:[0-9]{8,14}-)?[A-Za-z0-9]{18,34}|[pcser](?:-[0-9]{8,14}){2,3}-[A-Za-z0-9]{28,64}"
        r"|[ar]-(?:[0-9]-)?[A-Za-z0-9-]{24,200}|[os]-[0-9]{8,14}-[0-9]{8,14}-[0-9]{8,14}-[a-f0-9]{10,64})",
        keywords=("xox",),
        right=TOKEN,
        examples=(
            "SLACK_BOT_TOKEN=xoxb-{digit:12}-{digit:12}-{alnum:24}",
            "xoxp-{digit:12}-{digit:12}-{digit:13}-{hex:32}",
            "xoxc-{digit:12}-{digit:12}-{digit:13}-{hex:64}",
            "xoxa-2-{digit:12}-{alnum:40}",
        ),
        near_misses=(
            "xoxb-{digit:12}-{digit:12}",
            "xoxb-your-token",
            "xoxb-not-a-real-token-this-will-not-work",
            "xoxz-{digit:12}-{alnum:24}",
        ),
    ),
    Rule(
        id="slack-config-token",
        title="Slack configuration or refresh token",
        pattern=r"xoxe(?:\.xox[bp])?-[0-9]-[A-Za-z0-9]{140,170}",
        keywords=("xoxe",),
        examples=("xoxe.xoxp-1-{alnum:163}", "xoxe-1-{alnum:147}"),
        near_misses=("xoxe-1-{alnum:60}", "xoxe.xoxz-1-{alnum:163}"),
    ),
    Rule(
        id="slack-app-token",
        title="Slack app-level token",
        pattern=r"xapp-[0-9]-A[A-Z0-9]{8,12}-[0-9]{10,14}-[a-f0-9]{64}",
        keywords=("xapp-",),
        examples=("xapp-1-A{upnum:10}-{digit:13}-{hex:64}",),
        near_misses=("xapp-1-A{upnum:10}-{digit:13}-{hex:32}", "xapp-token"),
    ),
    Rule(
        id="slack-webhook",
        title="Slack webhook URL",
        pattern=r"https://hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/[A-Z0-9]{8,14}/[A-Z0-9]{8,20}/[A-Za-z0-9]{18,40}",
        keywords=("hooks.slack",),
        severity=Severity.MEDIUM,
        examples=("https://hooks.slack.com/services/T{upnum:10}/B{upnum:10}/{alnum:24}",),
        near_misses=(
            "https://hooks.slack.com/services/T00000000/B00000000/" + "X" * 24,
            "https://hooks.slack.com/services/T{upnum:10}/B{upnum:10}",
        ),
    ),
    Rule(
        id="discord-bot-token",
        title="Discord bot token",
        pattern=r"(?:discord[A-Za-z0-9_.\"'\[\] -]{0,30}(?:token|login|run)[\"'`\]]{0,2}\s{0,4}(?:=>|:=|[:=,(])"
        r"|(?:bot|client)\.(?:run|login)\()\s{0,4}[\"'`]?"
        r"(?P<secret>[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38})",
        keywords=("discord", "bot.", "client."),
        caseless=True,
        check=discord_id,
        left="",
        right=TOKEN,
        examples=(
            "DISCORD_TOKEN={b64:739182645501928374}.{base64url:6}.{base64url:38}",
            'bot.run("{b64:928374650192837465}.{base64url:6}.{base64url:27}")',
        ),
        near_misses=(
            "DISCORD_TOKEN=M{alnum:23}.{base64url:6}.{base64url:38}",
            "{b64:739182645501928374}.{base64url:6}.{base64url:38}",
        ),
    ),
    Rule(
        id="discord-webhook",
        title="Discord webhook URL",
        pattern=r"https://(?:(?:ptb|canary)\.)?discord(?:app)?\.com/api/(?:v[0-9]{1,2}/)?webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,80}",
        keywords=("/webhooks/",),
        severity=Severity.MEDIUM,
        right=TOKEN,
        examples=("https://discord.com/api/webhooks/{digit:19}/{base64url:68}",),
        near_misses=(
            "https://discord.com/api/webhooks/{digit:19}/token",
            "https://discord.net/api/webhooks/{digit:19}/{base64url:68}",
        ),
    ),
    Rule(
        id="telegram-bot-token",
        title="Telegram bot token",
        pattern=r"(?P<secret>[0-9]{8,10}:AA[A-Za-z0-9_-]{33})",
        keywords=(":AA",),
        check=telegram_id,
        left="0-9.:",
        right=TOKEN,
        examples=(
            "TELEGRAM_TOKEN=71{digit:8}:AA{base64url:33}",
            "https://api.telegram.org/bot71{digit:8}:AA{base64url:33}/getMe",
        ),
        near_misses=("71{digit:8}:AA{base64url:32}", "71{digit:8}:AB{base64url:33}", "71{digit:8}:AA{base64url:34}"),
    ),
    Rule(
        id="twilio-auth-token",
        title="Twilio auth token (by its name)",
        pattern=r"twilio[A-Za-z0-9_.-]{0,20}(?:token|secret)" + SEP + r"(?P<secret>[0-9a-f]{32})",
        keywords=("twilio",),
        caseless=True,
        left="",
        examples=("TWILIO_AUTH_TOKEN={hex:32}", "twilio.auth-token: '{hex:32}'"),
        near_misses=("TWILIO_AUTH_TOKEN={hex:31}", "TWILIO_ACCOUNT_SID=AC{hex:32}", "AUTH_TOKEN={hex:32}"),
    ),
    Rule(
        id="twilio-api-key",
        title="Twilio API key id (its secret stands elsewhere)",
        pattern=r"(?:\b|\\[nrt])(?P<secret>SK[0-9a-f]{32})",
        keywords=("SK",),
        severity=Severity.LOW,
        left="",
        examples=("TWILIO_API_KEY=SK{hex:32}",),
        near_misses=("TASK{hex:32}", "SK{hex:33}", "SK{uphex:31}G"),
    ),
    Rule(
        id="sendgrid-key",
        title="SendGrid API key",
        pattern=r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
        keywords=("SG.",),
        right=TOKEN,
        examples=("SENDGRID_API_KEY=SG.{base64url:22}.{base64url:43}",),
        near_misses=(
            "SG.{base64url:21}.{base64url:43}",
            "MSG.{base64url:22}.{base64url:43}",
            "SG.{base64url:22}.{base64url:44}",
        ),
    ),
    Rule(
        id="mailgun-key",
        title="Mailgun API key",
        pattern=r"(?:mailgun[A-Za-z0-9_.-]{0,30}|\bmg_[a-z_]{0,20}key|\bapi)[\"'`\]]{0,2}\s{0,4}(?:=>|:=|[:=,])\s{0,4}[\"'`]?"
        r"(?P<secret>key-[0-9a-f]{32}|[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})",
        keywords=("mailgun", "mg_", "api"),
        caseless=True,
        left="",
        right=TOKEN,
        examples=(
            "MAILGUN_API_KEY=key-{hex:32}",
            "curl --user 'api:key-{hex:32}'",
            "mailgun_key: {hex:32}-{hex:8}-{hex:8}",
        ),
        near_misses=("cache=key-{hex:32}", "MAILGUN_API_KEY=key-{hex:31}"),
    ),
    Rule(
        id="teams-webhook",
        title="Microsoft Teams webhook URL",
        pattern=r"https://[a-z0-9-]{1,60}\.webhook\.office\.com/webhookb2/[0-9a-f@-]{70,80}/IncomingWebhook/[0-9a-f]{32}/[0-9a-f-]{36}",
        keywords=("webhook.office.com",),
        severity=Severity.MEDIUM,
        examples=(
            "https://acme.webhook.office.com/webhookb2/{hex:8}-{hex:4}-{hex:4}-{hex:4}-{hex:12}@{hex:8}-{hex:4}-{hex:4}-{hex:4}-{hex:12}"
            "/IncomingWebhook/{hex:32}/{hex:8}-{hex:4}-{hex:4}-{hex:4}-{hex:12}",
        ),
        near_misses=("https://acme.webhook.office.com/webhookb2/<id>/IncomingWebhook/{hex:32}/",),
    ),
)

//! Secrets and settings, read once an isolate.

use crate::{
    objects::audit_log::Witness,
    outward,
    problem::{Answer, OrInternal as _, Problem, sentence},
    recent,
};
use consentry::{
    caller::{AccountKeys, ApiKeys},
    id::ConnectorId,
    pseudonym::SubjectKey,
    rights::agent::Agents,
    vault::{KeyUse, Keyring, SigningKey, SigningKeys},
    webhook::WebhookSecret,
};
use sha2::{Digest as _, Sha256};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};
use worker::Env;

/// What the deployment says.
#[derive(Debug)]
pub struct Config {
    /// Names people.
    pub subject_key: SubjectKey,
    /// Wraps, seals and authenticates.
    pub keyring: Keyring,
    /// Signs checkpoints and receipts.
    pub signing: SigningKeys,
    admin_token: [u8; 32],
    /// The keys that sign tokens about accounts, if there are accounts.
    pub account_keys: Option<AccountKeys>,
    /// The keys of the site's backend.
    pub api_keys: ApiKeys,
    /// The site's name, to which sealed values and cookies are bound. It must never change.
    pub site: String,
    /// The site behind the Worker, such as `http://127.0.0.1:8080`, without a trailing slash.
    pub origin: Option<String>,
    /// The site's public address, if it is declared.
    pub site_url: Option<String>,
    /// Of how many requests in a hundred the line is kept for operators.
    pub keep_lines: u64,
    /// Whether lines go to Analytics Engine as well.
    pub analytics: bool,
    /// Who sees the log grow.
    pub witnesses: Vec<Witness>,
    /// Where each signed tree is posted.
    pub anchor: Option<String>,
    /// How often the tree is signed for them, in seconds.
    pub cadence: u64,
    /// Where the site's own systems are told what happens, and the secret that proves that it is us.
    pub webhook: Option<Webhook>,
    /// Where the site's other systems are, by the names that the policy has for them.
    pub connectors: BTreeMap<ConnectorId, Webhook>,
    /// Whether tokens are made for payment cards.
    pub card_tokens: bool,
    /// The agents that may ask in people's names, if any.
    pub drp: Option<Drp>,
    /// Whether the sweep puts right what it finds; nothing if there is none.
    pub sweep: Option<bool>,
    /// For how long denials of nobody known are counted into one entry, in seconds.
    pub denials: u64,
}

/// This business and its agents, as the Data Rights Protocol has them.
#[derive(Debug)]
pub struct Drp {
    /// The business' id in the protocol's directory.
    pub business: String,
    /// The agents of that directory.
    pub agents: Agents,
}

/// Where messages go.
#[derive(Debug)]
pub struct Webhook {
    /// The address.
    pub url: String,
    /// The secret that both sides have.
    pub secret: WebhookSecret,
}

const CONNECTORS: &str = "The secret CONNECTORS has a line for each system: its id, its address, and a secret (whsec_…), each once.";

impl Webhook {
    fn read(env: &Env) -> Answer<Option<Self>> {
        let Some(url) = address(env, "WEBHOOK_URL")? else { return Ok(None) };
        let secret = variable(env, "WEBHOOK_SECRET").ok_or_else(|| {
            Problem::misconfigured("WEBHOOK_URL is set, so the secret WEBHOOK_SECRET is needed as well.")
        })?;
        let secret = WebhookSecret::parse(&secret).map_err(|e| Problem::misconfigured(sentence(&e)))?;
        Ok(Some(Self { url, secret }))
    }

    /// Reads where the site's other systems are. Nothing of a line that is wrong is quoted: it holds a secret.
    fn connectors(text: &str) -> Option<BTreeMap<ConnectorId, Self>> {
        let mut connectors = BTreeMap::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let mut words = line.split_whitespace();
            let id = words.next()?.parse().ok()?;
            let url = words.next().filter(|url| outward::is_address(url))?.to_owned();
            let secret = WebhookSecret::parse(words.next()?).ok()?;
            if words.next().is_some() || connectors.insert(id, Self { url, secret }).is_some() {
                return None;
            }
        }
        Some(connectors)
    }
}

/// How often the tree is signed while it grows, and how long denials are counted into one entry, in seconds.
const MINUTE: u64 = 60;

const NO_SITE: &str =
    "The variable SITE_ID, the site's host name, is not set. Once set, it must never change.";

thread_local! {
    static CONFIG: RefCell<Option<Rc<Config>>> = const { RefCell::new(None) };
}

/// The configuration; an incomplete one is an answer of its own, and is read again at the next request.
pub fn config(env: &Env) -> Answer<Rc<Config>> {
    if let Some(config) = CONFIG.with(|slot| slot.borrow().clone()) {
        return Ok(config);
    }
    let config = Rc::new(Config::read(env)?);
    CONFIG.with(|slot| *slot.borrow_mut() = Some(Rc::clone(&config)));
    Ok(config)
}

/// A variable or secret, if it is set to something.
pub fn variable(env: &Env, name: &str) -> Option<String> {
    env.var(name).ok().map(|value| value.to_string()).filter(|value| !value.is_empty())
}

/// A number of seconds that a deployment may set; anything but a whole number counts as not set.
pub fn seconds(env: &Env, name: &str, default: u64) -> u64 {
    variable(env, name).and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A share, in whole per cent; 0 where it is not set.
fn percent(env: &Env, name: &str) -> Answer<u64> {
    let Some(text) = variable(env, name) else { return Ok(0) };
    text.parse().ok().filter(|share| *share <= 100).ok_or_else(|| {
        Problem::misconfigured(format!("The variable {name} must be a whole number from 0 to 100."))
    })
}

/// An address that is asked.
fn address(env: &Env, name: &str) -> Answer<Option<String>> {
    let url = variable(env, name);
    if url.as_ref().is_some_and(|url| !outward::is_address(url)) {
        return Err(Problem::misconfigured(format!("The variable {name} must begin with https://.")));
    }
    Ok(url)
}

impl Config {
    fn read(env: &Env) -> Answer<Self> {
        let secret = |name: &str| {
            variable(env, name)
                .ok_or_else(|| Problem::misconfigured(format!("The secret {name} is not set.")))
        };
        let unreadable =
            |name: &str, e: &dyn std::fmt::Display| Problem::misconfigured(format!("Secret {name}: {e}."));
        let bad = |e: consentry::vault::VaultError| Problem::misconfigured(sentence(&e));
        let admin_token = secret("ADMIN_TOKEN")?;
        if admin_token.len() < 32 {
            return Err(Problem::misconfigured("The secret ADMIN_TOKEN must have at least 32 characters."));
        }
        Ok(Self {
            subject_key: SubjectKey::parse(&secret("SUBJECT_KEY")?).map_err(bad)?,
            keyring: Keyring::parse(&secret("KEYRING")?).map_err(bad)?,
            signing: SigningKeys::parse(&secret("SIGNING_KEY")?).map_err(bad)?,
            admin_token: Sha256::digest(admin_token).into(),
            account_keys: variable(env, "ACCOUNT_KEYS")
                .map(|text| AccountKeys::parse(&text).map_err(|e| unreadable("ACCOUNT_KEYS", &e)))
                .transpose()?,
            api_keys: variable(env, "API_KEYS").map_or(Ok(ApiKeys::default()), |text| {
                ApiKeys::parse(&text).map_err(|e| unreadable("API_KEYS", &e))
            })?,
            site: variable(env, "SITE_ID").ok_or_else(|| Problem::misconfigured(NO_SITE))?,
            origin: variable(env, "ORIGIN").map(|url| url.trim_end_matches('/').to_owned()),
            site_url: variable(env, "SITE_URL").map(|url| url.trim_end_matches('/').to_owned()),
            keep_lines: percent(env, "KEEP_LINES")?,
            analytics: recent::has_analytics(env),
            witnesses: variable(env, "LOG_WITNESSES")
                .map_or(Ok(Vec::new()), |text| Witness::parse_all(&text))?,
            anchor: address(env, "LOG_ANCHOR")?,
            cadence: seconds(env, "LOG_CADENCE", MINUTE).max(1),
            sweep: match variable(env, "SWEEP").as_deref() {
                None | Some("repair") => Some(true),
                Some("report") => Some(false),
                Some("off") => None,
                Some(_) => {
                    return Err(Problem::misconfigured("The variable SWEEP is repair, report or off."));
                }
            },
            card_tokens: variable(env, "CARD_TOKENS").is_some_and(|text| text == "on"),
            drp: match (variable(env, "DRP_BUSINESS"), variable(env, "DRP_AGENTS")) {
                (None, None) => None,
                (Some(business), Some(agents)) => {
                    let agents = Agents::parse(&agents).map_err(|e| unreadable("DRP_AGENTS", &e))?;
                    Some(Drp { business, agents })
                }
                _ => {
                    let detail = "DRP_BUSINESS and DRP_AGENTS are set together, or neither is.";
                    return Err(Problem::misconfigured(detail));
                }
            },
            denials: seconds(env, "LOG_DENIALS", MINUTE).max(1),
            webhook: Webhook::read(env)?,
            connectors: Webhook::connectors(&variable(env, "CONNECTORS").unwrap_or_default())
                .ok_or_else(|| Problem::misconfigured(CONNECTORS))?,
        })
    }

    /// Whether a token is the operator's, in time that does not depend on where they differ.
    pub fn is_admin_token(&self, token: &str) -> bool {
        use subtle::ConstantTimeEq as _;
        let digest: [u8; 32] = Sha256::digest(token).into();
        digest.ct_eq(&self.admin_token).into()
    }

    /// The log's name, also that of its key: a schema-less address, as c2sp.org/tlog-tiles recommends.
    pub fn log_origin(&self) -> String {
        format!("{}/.consentry/log", self.site)
    }

    /// The address of a privacy route, for somebody outside.
    pub fn route(&self, path: &str) -> String {
        let site = self.site_url.clone().unwrap_or_else(|| format!("https://{}", self.site));
        format!("{site}{}{path}", consentry::policy::BASE)
    }

    /// The key that signs messages to the site's own systems.
    pub fn webhook_key(&self) -> Answer<SigningKey> {
        let seed =
            self.keyring.key(self.keyring.active(), KeyUse::Webhook).or_internal("config.webhook-key")?;
        Ok(SigningKey::from_seed(&seed))
    }

    /// The key that signs receipts.
    pub fn receipt_key(&self) -> Answer<&SigningKey> {
        self.signing
            .receipt()
            .ok_or_else(|| Problem::misconfigured("The secret SIGNING_KEY holds no receipt key."))
    }
}

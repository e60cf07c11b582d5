//! Accounts that are no persons: AI agents, bots and services, from the list in `public/agents.toml`.
//!
//! A match is of the whole login, address or name, without regard to case. A person whose name holds a tool's name
//! (`Claude Shannon`, `ashwin@anthropic.com`) is a person.

use std::sync::OnceLock;

use hashbrown::HashMap;
use serde::Deserialize;

use super::ActorKind;
use crate::policy::wildcard;

/// The list as it is shipped.
const LIST: &str = include_str!("../../public/agents.toml");

/// An account that is no person, and the names by which it signs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// The tool's name in results, lower case.
    pub tool: String,
    /// `agent`, `bot` or `service`.
    pub kind: ActorKind,
    /// Accounts on a forge.
    #[serde(default)]
    pub logins: Vec<String>,
    /// Addresses that belong to it alone.
    #[serde(default)]
    pub emails: Vec<String>,
    /// Names that decide where a text speaks of tools anyway.
    #[serde(default)]
    pub names: Vec<String>,
    /// Names that decide by themselves.
    #[serde(default)]
    pub unmistakable: Vec<String>,
    /// Starts of addresses, without scheme, of its sessions.
    #[serde(default)]
    pub sites: Vec<String>,
}

/// The list, indexed.
pub struct Agents {
    agents: Vec<Agent>,
    logins: HashMap<String, usize, foldhash::fast::FixedState>,
    emails: HashMap<String, usize, foldhash::fast::FixedState>,
    unmistakable: HashMap<String, usize, foldhash::fast::FixedState>,
    /// Lower-case names, the longest first, so that `claude code` comes before `claude`.
    names: Vec<(String, usize)>,
    /// Starts of addresses, lower case, the longest first.
    sites: Vec<(String, usize)>,
    /// Patterns of logins and addresses.
    login_patterns: Vec<(String, usize)>,
    email_patterns: Vec<(String, usize)>,
}

#[derive(Deserialize)]
struct File {
    agent: Vec<Agent>,
}

/// Returns the shipped list.
pub fn known() -> &'static Agents {
    static KNOWN: OnceLock<Agents> = OnceLock::new();
    // The shipped list is tested to be readable; an empty one recognises nothing, which claims nothing.
    KNOWN.get_or_init(|| Agents::parse(LIST).unwrap_or_else(|_| Agents::new(Vec::new())))
}

/// Returns what stands behind an account: its kind if the list knows its login or address, or its login is marked as a
/// machine's.
///
/// Any of the three texts may be empty. An address of GitHub's (`1+login@users.noreply.github.com`) tells a login. The
/// name never decides by itself, because anybody may call themselves anything: beside an account that is a machine's
/// anyway, it tells which one.
pub fn kind_of(login: &str, email: &str, name: &str) -> Option<ActorKind> {
    let list = known();
    let of_address = login_of_address(email).unwrap_or_default();
    let is_marked = [login, of_address].into_iter().any(is_marked_bot);
    let by_account = list.by_account(login, email).map(|agent| agent.kind);
    let kind = by_account.or_else(|| is_marked.then_some(ActorKind::Bot))?;
    Some(list.by_unmistakable(name).map_or(kind, |agent| agent.kind))
}

/// Like [`kind_of`], by the list alone: a mark in the login decides nothing.
pub fn known_kind(login: &str, email: &str, name: &str) -> Option<ActorKind> {
    let agent = known().by_account(login, email)?;
    Some(known().by_unmistakable(name).map_or(agent.kind, |named| named.kind))
}

/// Returns whether a display name is a machine's: no kind follows from it, and no person either.
pub fn is_machine_name(name: &str) -> bool {
    is_marked_bot(name) || known().by_unmistakable(name).is_some()
}

/// Returns whether a login is marked as that of an App: `x[bot]` in REST and commits, `app/x` in gh's output.
pub fn is_marked_bot(login: &str) -> bool {
    login.ends_with("[bot]") || login.starts_with("app/")
}

/// Returns the login in an address that GitHub, GitLab, Gitea or Forgejo gives to accounts that hide theirs.
pub fn login_of_address(email: &str) -> Option<&str> {
    let (local, host) = email.rsplit_once('@')?;
    // GitHub and GitLab write `users.noreply.HOST`, Gitea and Forgejo `noreply.HOST`.
    if !host.starts_with("users.noreply.") && !host.starts_with("noreply.") {
        return None;
    }
    let login = match local.split_once('+') {
        Some((id, login)) if id.bytes().all(|byte| byte.is_ascii_digit()) => login,
        // GitLab writes `123-login`, which on GitHub would be a login as a whole.
        _ => match local.split_once('-').filter(|_| !host.ends_with("github.com")) {
            Some((id, login)) if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) => login,
            _ => local,
        },
    };
    (!login.is_empty()).then_some(login)
}

impl Agents {
    /// Reads a list in the form of `public/agents.toml`.
    ///
    /// # Errors
    /// The parser's message when the text is no such list.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        Ok(Self::new(file.agent))
    }

    fn new(agents: Vec<Agent>) -> Self {
        let mut out = Self {
            agents: Vec::new(),
            logins: HashMap::default(),
            emails: HashMap::default(),
            unmistakable: HashMap::default(),
            names: Vec::new(),
            sites: Vec::new(),
            login_patterns: Vec::new(),
            email_patterns: Vec::new(),
        };
        for (at, agent) in agents.iter().enumerate() {
            for login in &agent.logins {
                if login.contains('*') {
                    out.login_patterns.push((login.clone(), at));
                } else {
                    out.logins.entry(login.to_lowercase()).or_insert(at);
                }
            }
            for email in &agent.emails {
                if email.contains('*') {
                    out.email_patterns.push((email.clone(), at));
                } else {
                    out.emails.entry(email.to_lowercase()).or_insert(at);
                }
            }
            for name in &agent.unmistakable {
                out.unmistakable.entry(name.to_lowercase()).or_insert(at);
            }
            out.names.extend(agent.names.iter().map(|name| (name.to_lowercase(), at)));
            out.sites.extend(agent.sites.iter().map(|site| (site.to_lowercase(), at)));
        }
        crate::order::sort_by_key(&mut out.names, |(name, at)| (std::cmp::Reverse(name.len()), *at));
        crate::order::sort_by_key(&mut out.sites, |(site, at)| (std::cmp::Reverse(site.len()), *at));
        out.agents = agents;
        out
    }

    /// Returns all entries, in the order of the list.
    pub fn all(&self) -> &[Agent] {
        &self.agents
    }

    /// Returns the entry of an account, by an unmistakable name, then its address, then its login.
    pub fn identify(&self, login: &str, email: &str, name: &str) -> Option<&Agent> {
        self.by_unmistakable(name).or_else(|| self.by_account(login, email))
    }

    /// Returns the entry of an account by its address, then its login, whatever its name is.
    pub fn by_account(&self, login: &str, email: &str) -> Option<&Agent> {
        self.by_email(email)
            .or_else(|| self.by_login(login))
            .or_else(|| self.by_login(login_of_address(email).unwrap_or_default()))
    }

    /// Returns the entry with this login; `app/x` and `x[bot]` are `x`.
    pub fn by_login(&self, login: &str) -> Option<&Agent> {
        let bare = login.strip_prefix("app/").unwrap_or(login);
        let bare = bare.strip_suffix("[bot]").unwrap_or(bare);
        let key = Key::new(bare)?;
        let at = self.logins.get(key.text()).copied().or_else(|| {
            self.login_patterns.iter().find(|(pattern, _)| wildcard(pattern, bare)).map(|(_, at)| *at)
        })?;
        let agent = self.agents.get(at)?;
        // `claude`, `cursor`, `v0` are also what a person may be called: such a login counts only with its mark, or
        // where it holds more than the tool's plain name.
        let is_plain = agent.kind == ActorKind::Agent && agent.tool.eq_ignore_ascii_case(bare);
        (!is_plain || is_marked_bot(login) || bare.eq_ignore_ascii_case("copilot")).then_some(agent)
    }

    /// Returns the entry with this address.
    pub fn by_email(&self, email: &str) -> Option<&Agent> {
        let key = Key::new(email)?;
        let at = self.emails.get(key.text()).copied().or_else(|| {
            self.email_patterns.iter().find(|(pattern, _)| wildcard(pattern, email)).map(|(_, at)| *at)
        })?;
        self.agents.get(at)
    }

    fn by_unmistakable(&self, name: &str) -> Option<&Agent> {
        self.unmistakable.get(Key::new(name)?.text()).and_then(|at| self.agents.get(*at))
    }

    /// Returns the AI agent whose name a text starts with, as whole words, and what follows the name; for texts that
    /// speak of tools anyway.
    pub fn by_name<'t>(&self, text: &'t str) -> Option<(&Agent, &'t str)> {
        let text = text.trim();
        self.names.iter().find_map(|(name, at)| {
            let head = text.get(..name.len())?;
            let rest = &text[name.len()..];
            let is_whole = !rest.starts_with(|c: char| c.is_alphanumeric());
            (is_whole && head.eq_ignore_ascii_case(name)).then_some((self.agents.get(*at)?, rest.trim()))
        })
    }

    /// Returns the AI agent whose sessions an address without scheme belongs to.
    pub fn by_site(&self, address: &str) -> Option<&Agent> {
        let address = address.strip_prefix("www.").unwrap_or(address);
        self.sites.iter().find_map(|(site, at)| {
            let head = address.get(..site.len())?;
            let rest = &address[site.len()..];
            let ends = site.ends_with('_') || !rest.starts_with(|c: char| c.is_alphanumeric() || c == '.');
            (ends && head.eq_ignore_ascii_case(site)).then(|| self.agents.get(*at)).flatten()
        })
    }
}

/// A lower-case text for a look-up, without allocation for the usual lengths.
enum Key {
    Short([u8; 64], usize),
    Long(String),
}

impl Key {
    fn new(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > 200 {
            return None;
        }
        if text.len() > 64 || !text.is_ascii() {
            return Some(Self::Long(text.to_lowercase()));
        }
        let mut bytes = [0; 64];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        bytes[..text.len()].make_ascii_lowercase();
        Some(Self::Short(bytes, text.len()))
    }

    fn text(&self) -> &str {
        match self {
            Self::Short(bytes, length) => std::str::from_utf8(&bytes[..*length]).unwrap_or_default(),
            Self::Long(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(login: &str, email: &str, name: &str) -> Option<&'static str> {
        known().identify(login, email, name).map(|agent| agent.tool.as_str())
    }

    #[test]
    fn the_shipped_list_is_readable_and_has_no_entry_twice() {
        let agents = Agents::parse(LIST).unwrap();
        assert!(agents.all().len() > 40);
        let mut tools: Vec<&str> = agents.all().iter().map(|agent| agent.tool.as_str()).collect();
        crate::order::sort(&mut tools);
        let count = tools.len();
        tools.dedup();
        assert_eq!(count, tools.len());
        assert!(agents.all().iter().all(|agent| agent.kind.is_machine()));
        let mut logins: Vec<String> =
            agents.all().iter().flat_map(|a| &a.logins).map(|l| l.to_lowercase()).collect();
        crate::order::sort(&mut logins);
        let count = logins.len();
        logins.dedup();
        assert_eq!(count, logins.len());
    }

    #[test]
    fn agents_are_known_by_address_login_or_an_unmistakable_name() {
        assert_eq!(tool("", "noreply@anthropic.com", "Claude Opus 4.6 (1M context)"), Some("claude"));
        assert_eq!(
            tool("", "198982749+Copilot@users.noreply.github.com", "copilot-swe-agent[bot]"),
            Some("copilot")
        );
        assert_eq!(tool("devin-ai-integration[bot]", "", ""), Some("devin"));
        assert_eq!(tool("app/google-labs-jules", "", ""), Some("jules"));
        assert_eq!(
            tool(
                "",
                "62310815+github-advanced-security[bot]@users.noreply.github.com",
                "Copilot Autofix powered by AI"
            ),
            Some("copilot")
        );
    }

    #[test]
    fn persons_with_a_tools_name_in_theirs_are_persons() {
        for (login, email, name) in [
            ("", "ashwin@anthropic.com", "Ashwin"),
            ("", "claude@gmail.com", "Claude"),
            ("claude", "", "Claude Monet"),
            ("claudette", "", ""),
            ("", "devin@example.org", "Devin"),
            ("", "amp@example.org", "Amp"),
            ("cursor", "", ""),
        ] {
            assert_eq!(kind_of(login, email, name), None, "{login} {email} {name}");
        }
    }

    #[test]
    fn bots_are_not_ai() {
        assert_eq!(kind_of("dependabot[bot]", "", ""), Some(ActorKind::Bot));
        assert_eq!(kind_of("app/renovate", "", ""), Some(ActorKind::Bot));
        assert_eq!(
            kind_of("", "49699333+dependabot[bot]@users.noreply.github.com", ""),
            Some(ActorKind::Bot)
        );
        assert_eq!(kind_of("some-company-app[bot]", "", ""), Some(ActorKind::Bot));
        assert_eq!(kind_of("", "noreply@github.com", "GitHub"), Some(ActorKind::Service));
        assert_eq!(kind_of("project_12_bot_ab", "", ""), Some(ActorKind::Bot));
    }

    #[test]
    fn names_are_matched_as_whole_words_and_the_longest_wins() {
        let named = |text| known().by_name(text).map(|(agent, rest)| (agent.tool.as_str(), rest));
        assert_eq!(named("Claude Code (Sonnet 4.5)"), Some(("claude-code", "(Sonnet 4.5)")));
        assert_eq!(named("Claude Opus 4.6"), Some(("claude", "Opus 4.6")));
        assert_eq!(named("Codex 5.3"), Some(("codex", "5.3")));
        assert_eq!(named("Claudette"), None);
    }

    #[test]
    fn hidden_addresses_tell_logins() {
        assert_eq!(login_of_address("12+ada@users.noreply.github.com"), Some("ada"));
        assert_eq!(login_of_address("ada@users.noreply.github.com"), Some("ada"));
        assert_eq!(login_of_address("12-ada@users.noreply.gitlab.com"), Some("ada"));
        assert_eq!(login_of_address("ada@noreply.codeberg.org"), Some("ada"));
        assert_eq!(login_of_address("ada@example.org"), None);
        assert_eq!(login_of_address("noreply@github.com"), None);
    }

    #[test]
    fn a_name_alone_makes_no_kind() {
        for name in ["Claude Code", "GitHub Copilot", "renovate[bot]", "app/x"] {
            assert_eq!(kind_of("", "somebody@example.org", name), None, "{name}");
            assert!(is_machine_name(name), "{name}");
        }
        assert!(!is_machine_name("Claude Monet"));
        // Beside a machine's address, the name tells which machine.
        let address = "62310815+github-advanced-security[bot]@users.noreply.github.com";
        assert_eq!(kind_of("", address, "Copilot Autofix powered by AI"), Some(ActorKind::Agent));
    }
}

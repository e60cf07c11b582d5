//! Who works at the fictitious company: invented names at domains that exist for examples.

/// A person or machine with an account.
pub struct Person {
    /// Login on the forge.
    pub login: &'static str,
    /// Display name.
    pub name: &'static str,
    /// Address in commits.
    pub email: &'static str,
    /// Node id on the forge, which tells users from apps.
    pub id: &'static str,
}

const fn person(login: &'static str, name: &'static str, email: &'static str, id: &'static str) -> Person {
    Person { login, name, email, id }
}

pub static MARA: Person = person("mara-l", "Mara Lindqvist", "mara.lindqvist@example.com", "U_kgDOB2m1aA");
pub static JONAS: Person = person("jadeyemi", "Jonas Adeyemi", "jonas.adeyemi@example.com", "U_kgDOB3f7Qw");
pub static PRIYA: Person = person("praman", "Priya Raman", "priya.raman@example.com", "U_kgDOAx91_g");
pub static TOBIAS: Person = person("tfalk", "Tobias Falk", "tobias.falk@example.com", "U_kgDOBr0c5A");
pub static CHIARA: Person =
    person("cmoretti", "Chiara Moretti", "chiara.moretti@example.com", "U_kgDOCa8e2Q");
pub static OWEN: Person = person("obrady", "Owen Brady", "owen.brady@example.com", "U_kgDOAf40dw");
pub static SOFIA: Person = person("salmeida", "Sofia Almeida", "sofia.almeida@example.com", "U_kgDOBh1uVg");
pub static LUCAS: Person = person("lmeyer", "Lucas Meyer", "lucas.meyer@example.com", "U_kgDOCk3r9g");

/// Jonas Adeyemi's other account; `people.csv` says so.
pub static JONAS_TOO: Person = person("jonas-at-home", "J. A.", "jonas@adeyemi.example", "U_kgDOCx2k1w");
/// A bot that approves whatever is green; the policy says so.
pub static APPROVER: Person = person("acme-approver", "acme-approver", "", "");
/// An AI reviewer.
pub static CODERABBIT: Person = person("coderabbitai", "coderabbitai", "", "");
/// The updater of dependencies.
pub static DEPENDABOT: Person = person(
    "app/dependabot",
    "dependabot[bot]",
    "49699333+dependabot[bot]@users.noreply.github.com",
    "BOT_kgDOAvBpqg",
);
/// An AI agent that opens pull requests.
pub static COPILOT: Person = person(
    "app/copilot-swe-agent",
    "copilot-swe-agent[bot]",
    "198982749+Copilot@users.noreply.github.com",
    "BOT_kgDOC9w8XQ",
);

impl Person {
    /// Returns whether it is an app on the forge.
    pub fn is_app(&self) -> bool {
        self.login.starts_with("app/")
    }

    /// Returns the login that records of commits use.
    pub fn commit_login(&self) -> &str {
        match self.login {
            "app/copilot-swe-agent" => "Copilot",
            login => login.strip_prefix("app/").unwrap_or(login),
        }
    }

    /// Returns `Name <address>`.
    pub fn identity(&self) -> String {
        format!("{} <{}>", self.name, self.email)
    }
}

/// `people.csv`: the persons behind accounts.
pub const PEOPLE: &str = "\
person,accounts,kind,roles,qualified-until
Mara Lindqvist,mara-l;mara.lindqvist@example.com,human,developer,2027-03-31
Jonas Adeyemi,jadeyemi;jonas.adeyemi@example.com;jonas-at-home,human,developer,2027-03-31
Priya Raman,praman;priya.raman@example.com,human,developer;code owner,2026-12-31
Tobias Falk,tfalk;tobias.falk@example.com,human,developer,2026-12-31
Chiara Moretti,cmoretti;chiara.moretti@example.com,human,developer,2027-03-31
Owen Brady,obrady;owen.brady@example.com,human,developer;code owner,2026-12-31
Sofia Almeida,salmeida;sofia.almeida@example.com,human,security engineer,2027-06-30
Lucas Meyer,lmeyer;lucas.meyer@example.com,human,contractor,2026-08-31
Daniel Osei,dosei;daniel.osei@example.com,human,release manager,2027-03-31
Hanna Virtanen,hvirtanen;hanna.virtanen@example.com,human,release manager,2027-03-31
Nightly deployment,acme-nightly,service,,
";

/// `.mailmap`: an old address.
pub const MAILMAP: &str = "\
Tobias Falk <tobias.falk@example.com> <tobias@falk.example>
Priya Raman <priya.raman@example.com> Priya <praman@old.example.com>
";

//! `avactl policy set` and `avactl policy unset`

use ava_cli::{Example, example};
use ava_policy::keys::KEYS;
use ava_policy::{Key, is_tenant_name};
use ava_protocol::admin::{Answer, Request};
use clap::builder::PossibleValuesParser;
use clap_complete::ArgValueCandidates;

use crate::commands::completion;
use crate::commands::tenants::{Tenants, all, not_enforced};
use crate::error::{Failure, Kind};
use crate::output::{Format, show};
use crate::reach::Broker;

pub const EXAMPLES: &[Example] = &[
    example("No more than two sessions at a time", "avactl policy set alice sessions=2"),
    example("Only some APIs, and few threads", "avactl policy set alice apis=opencl,pkcs11 lanes=16"),
];
pub const UNSET_EXAMPLES: &[Example] = &[
    example("What the files say of alice counts again", "avactl policy unset alice"),
    example("The same for one key", "avactl policy unset alice sessions"),
];

/// Say something of a tenant, until the broker ends
///
/// It counts at once, and more than what the files say; sessions go on, whatever it is. Only administrators may.
#[derive(Debug, clap::Args)]
pub struct SetArgs {
    /// The tenant
    #[arg(value_name = "TENANT", add = ArgValueCandidates::new(completion::tenants))]
    tenant: String,

    /// What to say, as in ava.toml(5) without quotes; lists with commas
    #[arg(value_name = "KEY=VALUE", required = true, value_parser = setting, add = ArgValueCandidates::new(completion::settings))]
    settings: Vec<(String, String)>,
}

/// Take back what was set of a tenant
///
/// What the files say counts again. Only administrators may.
#[derive(Debug, clap::Args)]
pub struct UnsetArgs {
    /// The tenant
    #[arg(value_name = "TENANT", add = ArgValueCandidates::new(completion::tenants))]
    tenant: String,

    /// What to take back [default: all]
    #[arg(value_name = "KEY", value_parser = PossibleValuesParser::new(KEYS.iter().map(|key| key.name)))]
    keys: Vec<String>,
}

/// Reads `KEY=VALUE`, so that a mistake is one of the command line.
fn setting(word: &str) -> Result<(String, String), String> {
    let (key, value) = word.split_once('=').ok_or("write KEY=VALUE")?;
    Key::typed(key)?.definition().kind.read_word(value)?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Sets, and shows what holds now.
pub fn set(args: SetArgs, format: Format) -> Result<(), Failure> {
    let SetArgs { tenant, settings } = args;
    change(&tenant, Request::Set { tenant: tenant.clone(), settings }, format)
}

/// Takes back, and shows what holds now.
pub fn unset(args: UnsetArgs, format: Format) -> Result<(), Failure> {
    let UnsetArgs { tenant, keys } = args;
    change(&tenant, Request::Unset { tenant: tenant.clone(), keys }, format)
}

fn change(name: &str, request: Request, format: Format) -> Result<(), Failure> {
    if !is_tenant_name(name) {
        return Err(Failure::new(Kind::Usage, format!("{name:?} is no name of a tenant")));
    }
    let Answer::Changed = Broker::reach()?.ask(request)? else {
        return Err(Failure::new(Kind::General, "the broker sent an unexpected answer"));
    };
    let tenants = all()?.into_iter().filter(|tenant| tenant.name == name).collect();
    show(format, &Tenants { tenants }, |tenants| {
        let said = tenants.tenants.iter().flat_map(|tenant| &tenant.settings);
        let words: Vec<_> = said.clone().map(|said| format!("{} {}", said.key, said.word)).collect();
        let holds = if words.is_empty() { "nothing is said".to_owned() } else { words.join(", ") };
        format!("tenant {name}: {holds}\n") + &not_enforced(said)
    })
}

//! Functions that the table refuses: the driver calls each with zeroes and checks the status; the vendor reports an error
//! if the call reaches it.

use super::common::{declarations, is_errcode, ret_type};
use crate::model::{Api, Function, Param, Ret, Shape};

/// The vendor's function. Under a name of its own, since headers may declare what the table cannot say.
pub fn vendor(api: &Api, function: &Function) -> String {
    let (name, ret) = (&function.name, ret_type(api, function));
    let status = function.facts.unsupported.as_ref().map_or(0, |u| u.status);
    let errcodes = function.params.iter().filter(|p| is_errcode(api, function, p));
    let errcodes: String = errcodes.map(|p| format!("  if ({0}) *{0} = {status};\n", p.name)).collect();
    let answer = match &function.ret {
        Ret::Void => String::new(),
        Ret::Status { .. } => format!("  return {status};\n"),
        Ret::Struct { .. } => format!("  return ({ret}){{0}};\n"),
        _ => "  return 0;\n".into(),
    };
    format!(
        "EXPORT {ret} refused_{name}({0}) __asm__(\"{name}\");\n\
        EXPORT {ret} refused_{name}({0}) {{\n  reached(\"{name}\");\n{errcodes}{answer}}}\n\n",
        declarations(&function.params),
    )
}

/// The driver's call, as `call_NAME`.
pub fn driver(api: &Api, function: &Function) -> String {
    let (name, ret) = (&function.name, ret_type(api, function));
    let status = function.facts.unsupported.as_ref().map_or(0, |u| u.status);
    let is_errcode = |p: &Param| is_errcode(api, function, p);
    let errcode = function.params.iter().find(|p| is_errcode(p));
    let own = errcode.map_or(String::new(), |p| format!("  {} errcode = 0;\n", p.c_type.trim_end_matches('*')));
    let args: Vec<_> = function
        .params
        .iter()
        .map(|p| match &p.shape {
            Shape::Struct { ty } => format!("({ty}){{0}}"),
            _ if is_errcode(p) => "&errcode".into(),
            _ => "0".into(),
        })
        .collect();
    let call = format!("p_{name}({})", args.join(", "));
    let body = match &function.ret {
        Ret::Void => format!("  {call};\n  bool right = true;\n"),
        Ret::Status { .. } => format!("  bool right = {call} == ({ret}){status};\n"),
        Ret::Struct { .. } => format!("  (void){call};\n  bool right = true;\n"),
        _ => format!("  bool right = {call} == 0;\n"),
    };
    let stored = if errcode.is_some() { format!(" && errcode == {status}") } else { String::new() };
    format!(
        "{ret} (*p_{name})({});\nstatic void call_{name}(struct plan *plan) {{\n  (void)plan;\n{own}{body}  \
        check_refusal(\"{name}\", right{stored});\n}}\n\n",
        declarations(&function.params),
    )
}

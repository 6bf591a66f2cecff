//! The host of an address, in small letters; an IP address masked; userinfo left away.
//!
//! Hosts in other scripts than ASCII have to come in their ASCII form (`xn--`), as browsers send them: turning one into
//! the other takes tables that are not here.

use super::bytes::{DIGIT, PLAIN, split_once, take};
use crate::anonymize::{
    identifier::{Mask, identifier},
    ip::{IpMask, plain, v4, v6},
};
use std::net::IpAddr;

/// Bytes of a name in DNS (RFC 1035).
const MAX: usize = 253;
const MAX_LABEL: usize = 63;

/// Writes host and port of an authority, given the kinds of its bytes; `None` where the host is not understood.
pub(super) fn write(
    authority: &str,
    seen: u8,
    scheme: Option<&str>,
    mask: IpMask,
    out: &mut String,
) -> Option<()> {
    if seen & !(PLAIN | DIGIT) == 0 {
        return write_name(authority, seen, mask, out);
    }
    let userinfo = authority.bytes().rposition(|byte| byte == b'@');
    let address = userinfo.map_or(Some(authority), |at| authority.get(at + 1..))?;
    let port = if let Some(rest) = address.strip_prefix('[') {
        let (literal, after) = split_once(rest, b']')?;
        match plain(v6(literal.as_bytes())?) {
            v4 @ IpAddr::V4(_) => {
                mask.write_network(v4, out);
            }
            v6 @ IpAddr::V6(_) => {
                out.push('[');
                mask.write_network(v6, out);
                out.push(']');
            }
        }
        if after.is_empty() { "" } else { after.strip_prefix(':')? }
    } else {
        let (name, port) = split_once(address, b':').unwrap_or((address, ""));
        let (_, seen, _) = take(name, 0);
        write_name(name, seen, mask, out)?;
        port
    };
    write_port(port, scheme, out)
}

/// Writes a name, given the kinds of its bytes.
fn write_name(name: &str, seen: u8, mask: IpMask, out: &mut String) -> Option<()> {
    let bare = name.strip_suffix('.').unwrap_or(name);
    // Of the kinds that are left, every letter may be in a name.
    if bare.is_empty() || bare.len() > MAX || seen & !(PLAIN | DIGIT) != 0 {
        return None;
    }
    let before_last = bare.bytes().rposition(|byte| byte == b'.');
    let last = before_last.map_or(Some(bare), |dot| bare.get(dot + 1..))?;
    if seen & DIGIT != 0 && is_number(last) {
        // Browsers take `0x7f.1` and `2130706433` for addresses too; here one spelling is understood.
        mask.write_network(IpAddr::V4(v4(bare.as_bytes())?), out);
        return Some(());
    }
    let start = out.len();
    // The site's own name is the last two labels; what stands before may be a customer's number or address.
    let mut labels = 1 + bare.bytes().filter(|byte| *byte == b'.').count();
    let mut rest = bare;
    loop {
        let (label, after) = split_once(rest, b'.').unwrap_or((rest, ""));
        if label.is_empty() || label.len() > MAX_LABEL {
            return None;
        }
        let is_encoded = label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"));
        let mask = if labels > 2 && !is_encoded { identifier(label) } else { None };
        out.push_str(match mask {
            Some(Mask::Id | Mask::Email) => "_id",
            Some(Mask::Token) => "_token",
            None => label,
        });
        labels -= 1;
        if labels == 0 {
            break;
        }
        out.push('.');
        rest = after;
    }
    if bare.len() < name.len() {
        out.push('.');
    }
    if seen & PLAIN != 0 {
        out.get_mut(start..)?.make_ascii_lowercase();
    }
    Some(())
}

/// Whether the last label makes a host an IPv4 address (URL Standard, "ends in a number").
fn is_number(label: &str) -> bool {
    let hex = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    label.bytes().all(|byte| byte.is_ascii_digit())
        || hex.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn write_port(port: &str, scheme: Option<&str>, out: &mut String) -> Option<()> {
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = port.trim_start_matches('0');
    let usual = match scheme {
        Some("http" | "ws") => "80",
        Some("https" | "wss") => "443",
        Some("ftp") => "21",
        _ => "",
    };
    if port.is_empty() || digits == usual {
        return Some(());
    }
    port.parse::<u16>().ok()?;
    out.push(':');
    out.push_str(if digits.is_empty() { "0" } else { digits });
    Some(())
}

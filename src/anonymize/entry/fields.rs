//! What a field of a log entry is about, by its name and that of the object it stands in: the names that access logs,
//! the Elastic Common Schema, OpenTelemetry and usual loggers give to fields.

use super::super::{
    headers::{HeaderRules, Reduction, Treatment},
    keys::names_secret,
};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// One or more IP addresses.
    Ip,
    /// Something that is reduced as the header is.
    Reduced(Reduction),
    /// The first line of a request: method, address, protocol.
    RequestLine,
    /// The query of an address.
    Query,
    /// Headers, by their names.
    Headers,
    /// Somebody's or something's identifier.
    Identifier,
    /// What is about a person and cannot be reduced.
    Personal,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A password, a token, a key.
    Secret,
    /// Anything else.
    Other,
}

const IPS: [&str; 11] = [
    "clientaddr",
    "clientaddress",
    "forwardedfor",
    "ipaddr",
    "ipaddress",
    "peeraddr",
    "peeraddress",
    "remoteaddr",
    "remoteaddress",
    "sourceaddress",
    "xff",
];

const USER_AGENTS: [&str; 5] = ["agent", "ua", "uastring", "useragent", "useragentstring"];

const IDENTIFIERS: [&str; 16] = [
    "adid",
    "advertisingid",
    "anonymousid",
    "distinctid",
    "fingerprint",
    "gaid",
    "guid",
    "idfa",
    "idfv",
    "imei",
    "login",
    "loginname",
    "mac",
    "uid",
    "user",
    "username",
];

/// Whoever has one of these as `id`, or `name`, is a person or theirs.
const PERSONS: [&str; 20] = [
    "account",
    "actor",
    "author",
    "client",
    "contact",
    "customer",
    "device",
    "employee",
    "enduser",
    "lead",
    "member",
    "owner",
    "patient",
    "person",
    "player",
    "profile",
    "recipient",
    "subscriber",
    "user",
    "visitor",
];

const PERSONAL: [&str; 36] = [
    "address",
    "addressline",
    "addressline1",
    "addressline2",
    "birthdate",
    "birthday",
    "birthplace",
    "coordinates",
    "dateofbirth",
    "displayname",
    "dob",
    "familyname",
    "firstname",
    "forename",
    "fullname",
    "geo",
    "geopoint",
    "givenname",
    "homeaddress",
    "lastname",
    "lat",
    "latitude",
    "lng",
    "lon",
    "longitude",
    "maidenname",
    "middlename",
    "nickname",
    "postaladdress",
    "postalcode",
    "postcode",
    "realname",
    "street",
    "streetaddress",
    "surname",
    "zipcode",
];

const EMAILS: [&str; 5] = ["email", "emailaddress", "mail", "mailaddress", "useremail"];

const PHONES: [&str; 9] =
    ["cell", "cellphone", "fax", "mobile", "mobilephone", "msisdn", "phone", "phonenumber", "telephone"];

/// What a field of this name holds, in an object of that name. Dots part a name as objects would.
pub(super) fn field(name: &str, parent: &str) -> Field {
    let (parent, name) = name.rsplit_once('.').unwrap_or((parent, name));
    let parent = parent.rsplit('.').next().unwrap_or_default();
    let words = words(name);
    let compact: String = words.concat();
    let within = self::words(parent).concat();
    let is = |names: &[&str]| names.contains(&compact.as_str());
    let last = words.last().map_or("", String::as_str);
    let is_person = PERSONS.contains(&within.as_str());
    if let Some(reduction) = as_header(&words) {
        return match reduction {
            Reduction::Ip | Reduction::IpList => Field::Ip,
            _ => Field::Reduced(reduction),
        };
    }
    if matches!(last, "ip" | "ipv4" | "ipv6" | "ips") || is(&IPS) {
        return Field::Ip;
    }
    if is(&USER_AGENTS) || (compact == "original" && is_user_agent(&within)) {
        return Field::Reduced(Reduction::UserAgent);
    }
    if is(&["requestline"]) || (compact == "request" && within != "http") {
        return Field::RequestLine;
    }
    if is(&["querystring", "qs"]) || compact == "query" {
        return Field::Query;
    }
    let is_address = matches!(last, "url" | "uri" | "href" | "path" | "endpoint" | "pathname");
    if is_address || (within == "url" && is(&["full", "original"])) {
        return Field::Reduced(Reduction::Url);
    }
    if last == "headers" || (compact == "header" && within != "csv") {
        return Field::Headers;
    }
    if is(&EMAILS) {
        return Field::Email;
    }
    if is(&PHONES) || (compact == "tel" || compact == "telnumber") {
        return Field::Phone;
    }
    let of_person =
        last == "id" && words.iter().rev().nth(1).is_some_and(|word| PERSONS.contains(&word.as_str()));
    if is(&IDENTIFIERS) || of_person || (is_person && is(&["id", "uuid", "key"])) {
        return Field::Identifier;
    }
    if is(&PERSONAL) || (is_person && compact == "name") || (last == "name" && is_person_in(&words)) {
        return Field::Personal;
    }
    if names_secret(name) { Field::Secret } else { Field::Other }
}

fn is_user_agent(name: &str) -> bool {
    name == "useragent" || name == "ua"
}

/// `customer_name`, `patientName`.
fn is_person_in(words: &[String]) -> bool {
    words.iter().rev().nth(1).is_some_and(|word| PERSONS.contains(&word.as_str()) && word != "device")
}

/// How the header of this name is reduced; `http_user_agent` is one too.
fn as_header(words: &[String]) -> Option<Reduction> {
    let words = match words {
        [http, rest @ ..] if http == "http" && !rest.is_empty() => rest,
        words => words,
    };
    let name = words.join("-");
    // A number of seconds, bytes or years of anything.
    match HeaderRules::default().treat(&name) {
        Treatment::Reduce(Reduction::Number) => None,
        Treatment::Reduce(reduction) => Some(reduction),
        _ if name == "cookies" => Some(Reduction::Cookies),
        _ => None,
    }
}

/// The words of a name, in small letters: parted by case and by anything that is neither letter nor digit.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let (mut fresh, mut small) = (true, false);
    for c in name.chars().take(LONGEST) {
        if !c.is_alphanumeric() {
            (fresh, small) = (true, false);
            continue;
        }
        if fresh || (small && c.is_uppercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
        (fresh, small) = (false, c.is_lowercase() || c.is_ascii_digit());
    }
    words
}

/// Longer names are read up to here.
const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_known_by_the_names_loggers_give_them() {
        use Field::{Email, Headers, Identifier, Ip, Other, Personal, Phone, Query, RequestLine, Secret};
        let agent = Field::Reduced(Reduction::UserAgent);
        let url = Field::Reduced(Reduction::Url);
        for (name, parent, expected) in [
            ("ip", "", Ip),
            ("clientIp", "", Ip),
            ("remote_addr", "", Ip),
            ("x-forwarded-for", "", Ip),
            ("X_Forwarded_For", "", Ip),
            ("CF-Connecting-IP", "headers", Ip),
            ("client.ip", "", Ip),
            ("ship", "", Other),
            ("address", "client", Personal),
            ("user_agent", "", agent),
            ("http_user_agent", "", agent),
            ("userAgent", "", agent),
            ("original", "user_agent", agent),
            ("user_agent.original", "", agent),
            ("original", "url", url),
            ("url", "", url),
            ("request_uri", "", url),
            ("requestPath", "", url),
            ("http_referer", "", Field::Reduced(Reduction::Referer)),
            ("cookies", "", Field::Reduced(Reduction::Cookies)),
            ("request", "", RequestLine),
            ("request", "http", Other),
            ("query_string", "", Query),
            ("requestHeaders", "", Headers),
            ("user_id", "", Identifier),
            ("id", "user", Identifier),
            ("user.id", "", Identifier),
            ("id", "order", Other),
            ("request_id", "", Other),
            ("firstName", "", Personal),
            ("name", "customer", Personal),
            ("customer_name", "", Personal),
            ("name", "service", Other),
            ("hostname", "", Other),
            ("email", "", Email),
            ("phone_number", "", Phone),
            ("api_key", "", Secret),
            ("password", "", Secret),
            ("message", "", Other),
            ("status", "", Other),
            ("age", "", Other),
            ("", "", Other),
        ] {
            assert_eq!(field(name, parent), expected, "{parent}/{name}");
        }
    }

    #[test]
    fn words_are_parted_by_case_and_by_signs() {
        assert_eq!(words("X-Forwarded_For"), ["x", "forwarded", "for"]);
        assert_eq!(words("userIPv4"), ["user", "ipv4"]);
        assert_eq!(words("größeÄ"), ["größe", "ä"]);
        assert!(words("--").is_empty());
    }
}

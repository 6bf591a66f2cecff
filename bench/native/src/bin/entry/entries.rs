//! What is measured: every user agent with every address and URL below.

/// A log entry as a server knows it.
pub struct Entry {
    pub ip: &'static str,
    pub user_agent: &'static str,
    pub url: String,
    pub api_key: &'static str,
}

const ADDRESSES: [&str; 4] =
    ["203.0.113.77", "198.51.100.23:51234", "2001:db8:85a3:8d3:1319:8a2e:370:7348", "192.0.2.146"];

const USER_AGENTS: [&str; 8] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
];

const URLS: [&str; 4] = [
    "https://shop.example/orders/{n}/items?email=alice.miller%40example.org&page=2&utm_source=newsletter&gclid=Cj0KCQjw",
    "https://shop.example/account/reset/4f1c9a2be77d40a1?user=alice.miller@example.org&card=4111111111111111&lang=de",
    "https://api.example/v1/users/{n}/sessions?ip=203.0.113.77&phone=%2B491701234567&sort=asc&fbclid=IwAR0aBcDeFgHi",
    "https://shop.example/products/garden/chairs-and-tables?color=green&size=large&session=9c2f7a3e51b04d88",
];

pub fn entries() -> Vec<Entry> {
    let mut entries = Vec::new();
    for (at, ip) in ADDRESSES.into_iter().enumerate() {
        for (n, user_agent) in USER_AGENTS.into_iter().enumerate() {
            let number = (1_000_000 + 7919 * (n + 8 * at)).to_string();
            let url = URLS[(at + n) % URLS.len()].replace("{n}", &number);
            entries.push(Entry {
                ip,
                user_agent,
                url,
                api_key: "key-0000-0000-0000-0000-0000-0000-0000-0000-0000",
            });
        }
    }
    entries
}

/// An entry as a line of a log. The name of its key says what is done with it: an `api_key` is masked, a `client_id`
/// becomes a pseudonym.
pub fn line(entry: &Entry, key: &str) -> String {
    let Entry { ip, user_agent, url, api_key } = entry;
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let (ip, ua, url, api_key) = (text(ip), text(user_agent), text(url), text(api_key));
    format!("{{\"ip\":{ip},\"ua\":{ua},\"url\":{url},\"{key}\":{api_key}}}")
}

/// The size of the entry in the middle, with its keys and quotes.
pub fn median_size(entries: &[Entry]) -> usize {
    let size = |e: &Entry| {
        r#"{"ip":"","ua":"","url":"","api_key":""}"#.len()
            + e.ip.len()
            + e.user_agent.len()
            + e.url.len()
            + e.api_key.len()
    };
    let mut sizes: Vec<usize> = entries.iter().map(size).collect();
    sizes.sort_unstable();
    sizes[sizes.len() / 2]
}

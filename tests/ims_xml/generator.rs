//! Random documents, written in every way XML has, together with what they say.

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, RngExt};

/// The documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    BTid,
    NafKeyInfo,
    Register,
    Deregister,
    Authorize,
    RegisterResponse,
    MskRequest,
    MskResponse,
    Description,
}

pub(super) const KINDS: [Kind; 9] = [
    Kind::BTid,
    Kind::NafKeyInfo,
    Kind::Register,
    Kind::Deregister,
    Kind::Authorize,
    Kind::RegisterResponse,
    Kind::MskRequest,
    Kind::MskResponse,
    Kind::Description,
];

impl Kind {
    /// Root element and namespace.
    pub(super) const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::BTid => (
                "mbmsAuthorizedSecurityRegister",
                "urn:3GPP:metadata:2005:MBMS:bootstrappingTransactionIdentifier",
            ),
            Self::NafKeyInfo => ("mbmsAuthorizedSecurityRegister", "urn:3GPP:metadata:2005:MBMS:nafKeyInfo"),
            Self::Register => ("mbmsSecurityRegister", REGISTRATION),
            Self::Deregister => {
                ("mbmsSecurityDeregister", "urn:3GPP:metadata:2005:MBMS:securityDeregistration")
            }
            Self::Authorize => ("mbmsAuthorize", "urn:3GPP:metadata:2005:MBMS:authorize"),
            Self::RegisterResponse => {
                ("mbmsSecurityRegisterResponse", "urn:3GPP:metadata:2005:MBMS:registrationResponse")
            }
            Self::MskRequest => ("mbmsMSK", "urn:3GPP:metadata:2005:MBMS:msk"),
            Self::MskResponse => ("mbmsMSKResponse", "urn:3GPP:metadata:2005:MBMS:mskResponse"),
            Self::Description => ("securityDescription", "urn:3GPP:metadata:2005:MBMS:securityDescription"),
        }
    }
}

pub(super) const REGISTRATION: &str = "urn:3GPP:metadata:2005:MBMS:securityRegistration";

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(super) fn base64(octets: &[u8]) -> String {
    let mut text = String::new();
    for group in octets.chunks(3) {
        let bits = group
            .iter()
            .chain([0, 0].iter())
            .take(3)
            .fold(0_u32, |bits, octet| bits << 8 | u32::from(*octet));
        for place in 0..4 {
            let symbol = BASE64[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(symbol) } else { '=' });
        }
    }
    text
}

/// Writes one document in a random style.
struct Style<'r> {
    rng: &'r mut StdRng,
    /// Prefix of the elements of the document, with its colon.
    prefix: &'static str,
    namespace: &'static str,
    /// How often the unusual is chosen, of 100.
    odd: u32,
}

impl Style<'_> {
    fn odd(&mut self) -> bool {
        self.rng.random_range(0..100) < self.odd
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from.choose(self.rng).unwrap()
    }

    fn blanks(&mut self) -> &'static str {
        if self.odd() { self.pick(&[" ", "\n", "\r\n\t", "\r", "  \n  "]) } else { "" }
    }

    /// What may stand between elements.
    fn filler(&mut self) -> String {
        let mut filler = self.blanks().to_owned();
        if self.odd() {
            filler += self.pick(&["<!-- c -->", "<!---->", "<!-- <a> & ]]> &x; -->", "<!--->-->"]);
            filler += self.blanks();
        }
        if self.odd() {
            filler += self.pick(&[
                "<more/>",
                "<more a='b'>text &amp; <b>more</b><![CDATA[<x>&]]></more>",
                "<f:more xmlns:f='urn:f' f:a=\"'\" a='\"'><f:b/><g:c xmlns:g=\"urn:g\"></g:c></f:more>",
                "<more xmlns=''><b xmlns='urn:b'/></more>",
            ]);
        }
        filler
    }

    /// `value` as character data; `blank` whether blanks may stand around it.
    fn text(&mut self, value: &str) -> String {
        let mut text = self.blanks().to_owned();
        for c in value.chars() {
            if self.odd() && self.odd() {
                text += "<!-- in -->";
            }
            let code = u32::from(c);
            text += &match self.rng.random_range(0..100) {
                n if n >= self.odd => self.plain(c, false),
                n if n % 4 == 0 => format!("&#{code};"),
                n if n % 4 == 1 => format!("&#x{code:X};"),
                n if n % 4 == 2 => format!("&#x0{code:x};"),
                _ => format!("<![CDATA[{c}]]>"),
            };
        }
        text + self.blanks()
    }

    fn plain(&mut self, c: char, attribute: bool) -> String {
        match c {
            '&' => "&amp;".into(),
            '<' => "&lt;".into(),
            '>' => "&gt;".into(),
            '"' if attribute => "&quot;".into(),
            '\'' if attribute => "&apos;".into(),
            _ => c.into(),
        }
    }

    /// ` name="value"`.
    fn attribute(&mut self, name: &str, value: &str) -> String {
        let quote = self.pick(&["\"", "'"]);
        let mut text = format!(" {}{name}{}={}{quote}", self.blanks(), self.blanks(), self.blanks());
        for c in value.chars() {
            text += &if self.odd() { format!("&#{};", u32::from(c)) } else { self.plain(c, true) };
        }
        text + quote
    }

    /// An element with `content` behind its attributes.
    fn element(&mut self, name: &str, attributes: &[String], content: &str) -> String {
        let mut attributes = attributes.to_vec();
        if self.odd() {
            attributes.push(self.attribute("xml:lang", "en"));
        }
        if self.odd() {
            attributes.push(" o:other='&lt;' xmlns:o=\"urn:o\"".to_owned());
        }
        attributes.shuffle(self.rng);
        let (prefix, blanks) = (self.prefix, self.blanks());
        if content.is_empty() && self.rng.random() {
            return format!("<{prefix}{name}{}{blanks}/>", attributes.concat());
        }
        format!("<{prefix}{name}{}{blanks}>{content}</{prefix}{name}{}>", attributes.concat(), self.blanks())
    }

    fn leaf(&mut self, name: &str, value: &str) -> String {
        let text = self.text(value);
        self.element(name, &[], &text)
    }

    fn octets(&mut self, name: &str, octets: &[u8]) -> String {
        let mut text = base64(octets);
        if self.odd() {
            text.insert_str(self.rng.random_range(0..=text.len()), "\r\n ");
        }
        self.leaf(name, &text)
    }

    /// `parts` with something between, in the order they have or another.
    fn children(&mut self, mut parts: Vec<String>, shuffle: bool) -> String {
        if shuffle && self.odd() {
            parts.shuffle(self.rng);
        }
        let mut content = self.filler();
        for part in parts {
            content += &part;
            content += &self.filler();
        }
        content
    }

    fn count(&mut self) -> usize {
        if self.rng.random_range(0..200) == 0 { 64 } else { self.rng.random_range(1..6) }
    }

    fn value(&mut self) -> String {
        let len = self.rng.random_range(1..24);
        let all = [
            "a",
            "z",
            "0",
            ":",
            "/",
            ".",
            "&",
            "<",
            ">",
            "\"",
            "'",
            "]",
            "-",
            "\u{e4}",
            "\u{1F511}",
            "=",
            "@",
        ];
        (0..len).map(|_| self.pick(&all)).collect()
    }

    fn service(&mut self) -> String {
        format!("urn:{}", self.value())
    }

    /// The two elements that name an MSK, and its fact.
    fn msk(&mut self, number: Option<u16>) -> (Vec<String>, String) {
        let (domain, group): ([u8; 3], [u8; 2]) = (self.rng.random(), self.rng.random());
        let number = number.unwrap_or_else(|| self.rng.random()).to_be_bytes();
        let id = [group[0], group[1], number[0], number[1]];
        let parts = vec![self.octets("keyDomainID", &domain), self.octets("MSKID", &id)];
        (parts, format!("{}/{}", hex::encode(domain), hex::encode(id)))
    }

    fn response(&mut self, mut parts: Vec<String>) -> (String, u16) {
        let code = self.rng.random_range(100..=999);
        parts.push(self.leaf("responseCode", &format!("{code}")));
        let content = self.children(parts, true);
        (self.element("Response", &[], &content), code)
    }

    /// The children of the root, its attributes, and the facts.
    fn document(&mut self, kind: Kind) -> (Vec<String>, Vec<String>, Vec<String>) {
        let (mut parts, mut attributes, mut facts) = (Vec::new(), Vec::new(), Vec::new());
        match kind {
            Kind::BTid => {
                let btid = format!("{}@bsf", self.value());
                parts.push(self.leaf("btid", &btid));
                facts.push(btid);
            }
            Kind::Register | Kind::Deregister | Kind::Authorize => {
                for _ in 0..self.count() {
                    let service = self.service();
                    parts.push(self.leaf("serviceId", &service));
                    facts.push(service);
                }
            }
            Kind::RegisterResponse => {
                for _ in 0..self.count() {
                    let service = self.service();
                    let id = self.leaf("serviceId", &service);
                    let (item, code) = self.response(vec![id]);
                    parts.push(item);
                    facts.push(format!("{service} {code}"));
                }
            }
            Kind::MskRequest => {
                for _ in 0..self.count() {
                    let (names, fact) = self.msk(None);
                    let content = self.children(names, true);
                    parts.push(self.element("MSK", &[], &content));
                    facts.push(fact);
                }
            }
            Kind::MskResponse => {
                for _ in 0..self.count() {
                    let (names, fact) = self.msk(None);
                    let (item, code) = self.response(names);
                    parts.push(item);
                    facts.push(format!("{fact} {code}"));
                }
            }
            Kind::NafKeyInfo => {
                let muk: [u8; 32] = self.rng.random();
                let (address, btid) =
                    (self.pick(&["192.0.2.7", "2001:db8::7"]), format!("{}@bsf", self.value()));
                let (time, host) =
                    (self.pick(&["2031-05-06T07:08:09Z", "2000-02-29T00:00:00Z"]), "scf.home1.net");
                let fqdn = if self.odd() { base64(host.as_bytes()) } else { host.to_owned() };
                parts.extend([
                    self.leaf("ueIPaddress", address),
                    self.octets("muk", &muk),
                    self.leaf("mukLifeTime", time),
                    self.leaf("btid", &btid),
                    self.leaf("nafFqdn", &fqdn),
                ]);
                facts.extend([address.into(), hex::encode(muk), time.into(), btid, host.into()]);
                parts.shuffle(self.rng);
                let (prefix, namespace) = (self.prefix, self.namespace);
                for _ in 0..self.count() {
                    let service = self.service();
                    self.prefix = self.pick(&["", "r:"]);
                    let text = self.text(&service);
                    let declared =
                        format!(" xmlns{}='{REGISTRATION}'", if self.prefix == "r:" { ":r" } else { "" });
                    parts.push(self.element("serviceId", &[declared], &text));
                    facts.push(service);
                    (self.prefix, self.namespace) = (prefix, namespace);
                }
            }
            Kind::Description => self.description(&mut parts, &mut attributes, &mut facts),
        }
        (parts, attributes, facts)
    }

    fn flag(&mut self, name: &str, attributes: &mut Vec<String>) -> bool {
        match self.rng.random_range(0..5) {
            0 => true,
            n => {
                let text = ["true", "1", "false", "0"][n - 1];
                attributes.push(self.attribute(name, text));
                n < 3
            }
        }
    }

    fn description(
        &mut self, parts: &mut Vec<String>, attributes: &mut Vec<String>, facts: &mut Vec<String>,
    ) {
        let confidentiality = self.flag("confidentialityProtection", attributes);
        let integrity = self.flag("integrityProtection", attributes);
        let mut inner = Vec::new();
        let inside = self.rng.random();
        let uicc = self.flag("uiccKeyManagement", if inside { &mut inner } else { attributes });
        facts.push(format!("{confidentiality} {integrity} {uicc}"));
        let [offset, period]: [u32; 2] = self.rng.random();
        facts.push(format!("{offset} {period}"));
        inner.extend([
            self.attribute("offsetTime", &offset.to_string()),
            self.attribute("randomTimePeriod", &period.to_string()),
        ]);
        let mut servers = Vec::new();
        for _ in 0..self.rng.random_range(0..=8) {
            let server = self.service();
            servers.push(self.leaf("serverURI", &server));
            facts.push(format!("server {server}"));
        }
        let content = self.children(servers, false);
        parts.push(self.element("keyManagement", &inner, &content));
        let mut media = Vec::new();
        for _ in 0..self.rng.random_range(0..=16) {
            let port = self.rng.random_range(1..=u16::MAX);
            let (text, flow) = match self.rng.random_range(0..4) {
                0 => (format!("232.0.1.2/{port}"), format!("232.0.1.2:{port}")),
                1 => (format!("232.0.1.2:{port}"), format!("232.0.1.2:{port}")),
                2 => (format!("ff1e::1:2:{port}"), format!("[ff1e::1:2]:{port}")),
                _ => (format!("[ff1e::1]:{port}"), format!("[ff1e::1]:{port}")),
            };
            let (mut parts, mut attributes) = (Vec::new(), Vec::new());
            if self.rng.random() {
                attributes.push(self.attribute("flowID", &text));
            } else {
                parts.push(self.leaf("flowID", &text));
            }
            let mut group = "none".to_owned();
            if !self.odd() {
                let (names, fact) = self.msk(Some(0));
                let content = self.children(names, true);
                parts.push(self.element("MSK", &[], &content));
                group = fact[..11].to_owned();
            }
            let content = self.children(parts, true);
            media.push(self.element("mediaFlow", &attributes, &content));
            facts.push(format!("flow {flow} {group}"));
        }
        let behind = media.split_off(self.rng.random_range(0..=media.len()));
        for media in [media, behind] {
            let content = self.children(media, false);
            parts.push(self.element("keyId", &[], &content));
        }
        if self.rng.random() {
            let (id, oti) = (self.rng.random::<u64>(), self.value());
            let attributes =
                [self.attribute("fecEncodingID", &id.to_string()), self.attribute("fecOtiExtension", &oti)];
            parts.push(self.element("fecProtection", &attributes, ""));
            facts.push(format!("fec {id} {oti}"));
        }
    }
}

/// A document of `kind` and what it says.
pub(super) fn document(rng: &mut StdRng, kind: Kind) -> (Vec<u8>, Vec<String>) {
    let prefix = ["", "", "p:", "\u{e4}-1.x:"].choose(rng).copied().unwrap();
    let odd = [0, 3, 20].choose(rng).copied().unwrap();
    let (root, namespace) = kind.names();
    let mut style = Style { rng, prefix, namespace, odd };
    let (parts, mut attributes, facts) = style.document(kind);
    let declared =
        format!("xmlns{}{}", if prefix.is_empty() { "" } else { ":" }, prefix.trim_end_matches(':'));
    attributes.push(style.attribute(&declared, namespace));
    let content = style.children(parts, false);
    let start = style.pick(&[
        "",
        "\u{feff}",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
        "\u{feff}<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n",
        "<?xml version='1.0' ?><!-- before -->\r\n",
    ]);
    let end = style.pick(&["", "", "\n", "<!-- behind --> \r\n"]);
    let element = style.element(root, &attributes, &content);
    (format!("{start}{element}{end}").into_bytes(), facts)
}

/// What is put into a body to break it, or to change what it says.
const TOKENS: &[&str] = &[
    "<",
    ">",
    "/",
    "&",
    ";",
    "\"",
    "'",
    "=",
    ":",
    " ",
    "\n",
    "\r",
    "\t",
    "]]>",
    "<![CDATA[",
    "<!--",
    "-->",
    "--",
    "<?",
    "?>",
    "<?xml version='1.0'?>",
    "<!DOCTYPE a>",
    "<a>",
    "</a>",
    "<a/>",
    "<p:a/>",
    "xmlns",
    "xmlns:p='urn:p'",
    " xmlns=''",
    "&lt;",
    "&amp;",
    "&#0;",
    "&#x41;",
    "&#65;",
    "&x;",
    "<serviceId>",
    "</serviceId>",
    "<btid>x</btid>",
    "\u{feff}",
    "\u{0}",
    "\u{b}",
    "\u{85}",
    "\u{2028}",
    "\u{fffe}",
    "\u{e4}",
    "a",
    "0",
    "9",
    "A",
    "==",
    "true",
    "<MSK>",
    "</MSK>",
    " flowID='1.1.1.1/1'",
    " uiccKeyManagement='0'",
    " a='1'",
    " a='1' a='2'",
    "1.0",
    "UTF-8",
    "encoding",
    "version",
];

/// A place in `body`, often near a character of markup.
fn place(rng: &mut StdRng, body: &[u8]) -> usize {
    let at = rng.random_range(0..=body.len());
    if rng.random() {
        return at;
    }
    let markup = |octet: &u8| matches!(octet, b'<' | b'>' | b'&' | b'"' | b'\'' | b'=' | b';' | b'/');
    body[at..]
        .iter()
        .position(markup)
        .map_or(at, |behind| at + behind + rng.random_range(0..2).min(body.len() - at - behind))
}

/// Changes `body` in one or a few places: half of the time in a way that likely breaks nothing.
pub(super) fn mutate(rng: &mut StdRng, body: &mut Vec<u8>) {
    for _ in 0..[1, 1, 1, 2, 3].choose(rng).copied().unwrap() {
        if rng.random() {
            vary(rng, body);
        } else {
            damage(rng, body);
        }
    }
}

fn vary(rng: &mut StdRng, body: &mut Vec<u8>) {
    let at = place(rng, body);
    let letter = body[at..].iter().position(u8::is_ascii_alphanumeric).map(|behind| at + behind);
    match (letter, rng.random_range(0..3)) {
        (Some(at), 0) => body[at] = *b"aAzZ019".choose(rng).unwrap(),
        (_, 1) => {
            let token = ["<!-- v -->", " ", "\n", "\r", "<v/>", "<v a='1'>w</v>"].choose(rng).unwrap();
            let behind =
                body[at..].iter().position(|octet| *octet == b'>').map_or(at, |behind| at + behind + 1);
            body.splice(behind..behind, token.bytes());
        }
        (Some(at), _) => {
            let token =
                ["&amp;", "&#65;", "&#x41;", "x", "<![CDATA[y]]>", "\u{e4}", "\u{85}"].choose(rng).unwrap();
            body.splice(at..at, token.bytes());
        }
        (None, _) => {}
    }
}

fn damage(rng: &mut StdRng, body: &mut Vec<u8>) {
    let at = place(rng, body);
    let end = (at + rng.random_range(0..20)).min(body.len());
    match rng.random_range(0..9) {
        0 if at < body.len() => body[at] ^= 1 << rng.random_range(0..8),
        1 if at < body.len() => body[at] = rng.random(),
        2 => drop(body.drain(at..end)),
        3 => {
            let copy = body[at..end].to_vec();
            let to = place(rng, body);
            body.splice(to..to, copy);
        }
        4 => body.truncate(at),
        5 if at < body.len() => {
            body.remove(at);
        }
        _ => {
            let token = TOKENS.choose(rng).unwrap();
            body.splice(at..at, token.bytes());
        }
    }
}

/// `len` octets that are no document but look like one.
pub(super) fn noise(rng: &mut StdRng, len: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < len {
        body.extend(TOKENS.choose(rng).unwrap().bytes());
        if rng.next_u32().is_multiple_of(16) {
            body.push(rng.random());
        }
    }
    body.truncate(len);
    body
}

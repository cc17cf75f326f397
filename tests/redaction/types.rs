//! The list of all public types: printed over the sentinel, or not, and then why it needs not be.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Types that [`super`] prints over keys.
const CHECKED: &str = "
    Secret Ks KsNaf KsIntNaf KsExtNaf Muk Mrk DigestPassword Msk Mtk MtkSalt Psk Tgk
    ProtectionKeys Tag SrtpKeys DownloadKeys MskEntry MskStore MtkStore MukStore MukSlot HeldMsks
    KeyData KeyDataChain Kemac Message Payload Payloads Located MessageWriter Unsealed MbsContainer MbsKeySet
    PskMessage PskInit MskMessage MskContent OpenedMsk MtkMessage OpenedMtk Incoming Sent MskSecurity
    Ue UeEvent UeAction State Actions BmSc BmScEvent BmScAction User
    Authenticate Response RustCrypto Sha1Only
    Server ServerAction Confirmation Distribution DistributionAction DistributionEvent UpdatedMsk SrtcpKeys
    Client ClientAction ClientEvent Offer Follower
    SessionUpdateElements SessionUpdateRequest MikeyOctets ReInviteElements ReInvite KeyUpdate KeyMgmt SdpKeyMgmt
    NafKeyInfo Ha1 DigestUser DigestClient DigestServer Accepted Verdict
    Ksak Ssk SigningKey Ssv KmsMasterSecret ReceiverSecretKey Decapsulator Narrow Wide Stored
    Gmk Pck Csk Spk Mkfc Mscck MuSik McKey MasterKey SrtpMaster SignallingKeys SignallingSrtcp HeldKey KmsKeySet
    McxClient McxClientAction McxClientEvent McxServer McxServerAction McxServerEvent UserRow MuSikDownload Received
    Outgoing ScreenedMessage VerifiedIMessage IMessage SrtcpEndpoint KmsSecrets
    ScfSip ScfSipEvent BsfAnswer NafKey Credentials Claimed UpfEvent Context Recipient
";

/// Types without room for a key, each group with what it holds.
const EXEMPT: [(&str, &str); 28] = [
    (
        "identifiers, numbers and times",
        "KeyDomainId KeyDomainCoding KeyGroup KeyNumber MtkId CsbId Counter MskId MskName GroupName Mki Tick NtpTime
         MukId MukIdOctets MukIdDigest NafId KeyUrl MskRand MtkWindow ServiceId Impu BTid NafFqdn UeAddress
         ServerUri FecOtiExtension MukLifeTime",
    ),
    (
        "errors: a kind, an offset, a size",
        "DecodeErrorKind DecodeError EncodeError RngError KeyUnavailable OpenError SealError Error PocError
         ImsError XmlError EccsiError SakkeError",
    ),
    (
        "choices without data",
        "MacHash Prf PskLabel TgkLabel Cipher ExtPlace Profile Sha256Suite ErrorMessages InvalidInterval
         VerificationMap DraftGroup DraftExt SameMskId Inserted MukOctets DigestPasswordForm SeqLower Algorithms
         MtkResponseForm Cause Status MukLifeTimeForm Activation NameKind",
    ),
    ("primitives without a field", "SmallPrimitives"),
    (
        "code points of the wire",
        "DataType PayloadType PrfFunc CsIdMapType EncrAlg MacAlg TsType IdType IdRole KeyDataType KvType ProtType
         ExtType KeyIdType BcastSubtype ErrorNo SpParamType",
    ),
    (
        "what the tables of SAKKE are made of: nobody else can name them, and none has a Debug that shows more than its name",
        "DeviceReceiving DeviceSending ServerReceiving ServerSending Entry Extended Point Torus",
    ),
    ("what a KMS makes public, and tables of it", "Kpak KpakTable Pvt Verifier Device WordSize
         KmsPublicKey Encapsulator ModP ModQ Narrow32 Wide64"),
    ("configuration", "KeyDataTypes Settings MrkDerivation BackOff UeConfig BmScConfig SwitchTiming XmlSettings Name"),
    (
        "payloads that travel in the clear by design, and never carry a key of MBMS",
        "Hdr CsIdMap CryptoSession SrtpIdMap GenericIdMap GenericId Identity IdentityRole Timestamp TsOctets Policy
         PolicyParam SrtpPolicy SrtpEncr SrtpAuthAlg SrtpAuth Extension KeyIds KeyIdOctets KeyIdSub KeyValidity
         Verification Pke Dh Sign Cert Chash",
    ),
    ("what goes with a key, without the key", "Protection MskAddress MtkAddress VerificationMessage ErrorMessage"),
    ("states of a switch or a delivery: names and times", "Switchover SwitchEvent SwitchAction Delivery"),
    (
        "control of a PoC update: names, counts and times",
        "Session SessionAction SessionEvent SessionTimer SessionConfig Leg LegEvent Receipt Failure Unkeyed Confirm
         OnRekeyReject Bearer BearerAction BearerEvent BearerTimer BearerRefusal Known FollowerAction FollowerTimer
         Packet Timing Roster",
    ),
    (
        "policy of a PoC update: reasons and choices",
        "PolicyConfig PolicyEvent KeyStatus Decision UpdateMsk Course Reason Urgency Progress OnLeave OnJoin",
    ),
    (
        "PoC configuration: names, times, choices",
        "ServerConfig DistributionConfig ClientConfig FollowerConfig IndicationCoding",
    ),
    (
        "octets of PoC that name keys or travel under a MUK",
        "Announced Indication UpdateSeq ChannelTag App Apps MbcpMessage SrtcpReplay SrtcpSender SdpLevel
         MissingElement Answer AnswerElements BearerMode SessionUpdateResponse SessionUpdateResponseElements",
    ),
    (
        "spellings, request lines, headers and statuses of HTTP: they travel in the clear",
        "Authority Catalogue RequestSpelling RequestKind Sender IdentityHeader RequestHead RequestLine Screened
         Screening Peer UntrustedAssertion GbaSupport AssertedIdentities PublicIdentities IdentityHints Refusal
         StatusCode",
    ),
    (
        "parameters of HTTP Digest: they travel in the clear, and a body is only there as its hash",
        "Authorization AuthenticationInfo Challenge Challenged OfferedQop OfferedRealms OfferedAlgorithms Opaque
         SignedRequest Covered NonceCount Qop WrittenAlgorithm ParamText Realm RealmKind Nonce NonceRow FailureLimit
         DigestAlgorithm BodyHash BodyHasher",
    ),
    (
        "facts of a request: codes, names, and which of them",
        "Variant HttpRefusal ItemStatus Items RequestedMsk SipAnswer InviteIdentity Asserted ServiceSet Standing
         Reauthentication ReauthenticationWish SessionSecurity MskDeliveryError",
    ),
    (
        "machines of the request procedures without a key, their events and actions",
        "ScfHttp ScfHttpState ScfHttpEvent ScfSipState ScfAction UpfAction MskDelivery MskDeliveryEvent",
    ),
    (
        "request machines of the terminal: names, times, states and outcomes; keys stay with Ue",
        "MskList UeRequestKind UeRequest ListedItems HttpOutcome SipOutcome GbaOutcome KeyFact FailureCause
         Announcement Held MissedBackOff MissedLimiter RequestWindow UeTiming MskCause MskEvent MskAction MskState
         MskRequest HttpUe HttpUeEvent HttpUeState SipUe SipUeEvent SipUeState PeerInvite Reinvite ServiceAction
         Variants",
    ),
    ("configuration of the request procedures", "ScfConfig UpfConfig Resend"),
    (
        "documents that name keys and services",
        "ServiceList RegisterResponse MskResponse SecurityDescription MediaFlow FecProtection",
    ),
    ("an error of PoC or of a key message", "Refused"),
    (
        "names, times, choices and errors of mission-critical keys",
        "KeyId PurposeTag McService XpkIdForm MasterKeyLen KeyUse KeyPeriods Uid TelId TelMonth Ntp64 SentTime CsbRand
         Direction Envelope Quirk Quirks QuirkCounts SaltPlace McxSettings McxClientConfig McxServerConfig RateLimit
         McxError Rejected PeerAnswer KmsRole KeysFor Unauthentic TextError Validity",
    ),
    (
        "messages of mission-critical keys in the clear or encrypted: identities, policies, parameters, algorithms",
        "Party IMessageInit Sakke SrtpSession McSession McSessions KeyParameters KeyParametersInit OpenedParameters
         PayloadAlgorithm MessageForm CskUpload CskDownload Negotiated NegotiationEncoding AlgorithmList
         AlgorithmPolicy AlgorithmOffer AlgorithmSelection ReplayCache",
    ),
    ("public keys of a KMS, and a name for the mathematics", "KmsCertificate MikeySakke"),
    (
        "references to the caller's mathematics, printed by URI and period alone",
        "AcceptedKms HeldKeys Entity EncapsulateTo",
    ),
    ("an iterator over Actions, and files of a card that name keys", "IntoIter EfMsk EfMuk EfGbanl"),
];

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split_whitespace().map(str::to_owned)
}

/// The name behind `pub struct` or `pub enum` at the start of `line`.
fn declared(line: &str) -> Option<String> {
    let line = line.trim();
    let rest = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "))?;
    Some(rest.split(|c: char| !c.is_alphanumeric()).next()?.to_owned()).filter(|name| !name.is_empty())
}

/// The name that a macro is given to declare: the first words of an argument that begins with a capital.
fn given_to_macro(line: &str) -> Option<String> {
    let line = line.trim();
    let name = line.split(|c: char| !c.is_alphanumeric()).next()?;
    let camel =
        name.starts_with(|c: char| c.is_ascii_uppercase()) && name.contains(|c: char| c.is_ascii_lowercase());
    let behind = line.strip_prefix(name)?.trim();
    (camel && (behind == "{" || behind == "," || behind.starts_with(", "))).then(|| name.to_owned())
}

fn collect(dir: &Path, found: &mut BTreeSet<String>, macros: &mut usize) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found, macros);
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let mut inside = false;
        for line in source.lines() {
            let invoked = ["coded! {", "code_points! {", "names! {", "number!(", "naf_key!("];
            if invoked.iter().any(|invoked| line.starts_with(invoked)) {
                inside = true;
            } else if line.starts_with(['}', ')']) {
                inside = false;
            }
            found.extend(if inside { given_to_macro(line) } else { declared(line) });
            *macros += usize::from(line.contains("pub struct $") || line.contains("pub enum $"));
        }
    }
}

#[test]
fn every_public_type_is_printed_over_keys_or_exempt_with_a_reason() {
    let (mut found, mut macros) = (BTreeSet::new(), 0);
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found, &mut macros);
    assert_eq!(macros, 5, "a macro that declares types is new: teach this test its name");
    let listed: Vec<String> =
        words(CHECKED).chain(EXEMPT.iter().flat_map(|(_, names)| words(names))).collect();
    let unique: BTreeSet<String> = listed.iter().cloned().collect();
    assert_eq!(unique.len(), listed.len(), "a type is listed twice");
    let new: Vec<_> = found.difference(&unique).collect();
    let gone: Vec<_> = unique.difference(&found).collect();
    assert!(new.is_empty(), "print these over keys, or say why they hold none: {new:?}");
    assert!(gone.is_empty(), "these are no more: {gone:?}");
}

#[test]
fn what_counts_as_checked_is_named_by_a_check() {
    let tests = concat!(
        include_str!("../redaction.rs"),
        include_str!("poc.rs"),
        include_str!("ims.rs"),
        include_str!("sakke.rs"),
        include_str!("mcx.rs")
    );
    for name in words(CHECKED) {
        assert!(tests.contains(&format!("\"{name}\"")), "{name} is printed nowhere");
    }
}

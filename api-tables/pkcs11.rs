//! PKCS#11 2.40: the 68 functions of CK_FUNCTION_LIST, in its order, which is the order of their opcodes.
//!
//! Slots, sessions and objects are plain numbers: each program has its own worker, whose library chose them.
//! A pointer that may be null is `Option`, also if the specification calls null an error: the vendor handles it. Section
//! numbers are those of the Base Specification 2.40, or, where named, of the Current Mechanisms Specification 2.40.

#![api(pkcs11 = 3)]
#![library("libsofthsm2.so")]
#![install("on Debian and Ubuntu: sudo apt install softhsm2")]
#![places(
    "/usr/lib/softhsm",
    "/usr/lib/x86_64-linux-gnu/softhsm",
    "/usr/lib/aarch64-linux-gnu/softhsm",
    "/usr/lib64/softhsm",
    "/usr/lib64/pkcs11",
    "/usr/lib/pkcs11",
    "/usr/local/lib/softhsm",
    "/usr/local/lib64/softhsm"
)]
#![define("CRYPTOKI_COMPAT")]
// Below p11-kit-1, where pkg-config points: so no option of the C compiler is needed.
#![header("p11-kit-1/p11-kit/pkcs11.h")]
#![lost(CKR_DEVICE_REMOVED)]
#![exhausted(CKR_HOST_MEMORY)]
// OpenSSL's, because SoftHSM computes with it.
#![environment("SOFTHSM2_CONF", "OPENSSL_CONF")]
#![sandbox(
    // The configuration of SoftHSM and its cryptographic library, file by file: workers need no other file there.
    read(
        variable("SOFTHSM2_CONF"),
        variable("OPENSSL_CONF"),
        "/etc/softhsm/softhsm2.conf",
        "/etc/ssl/openssl.cnf",
        "/etc/pki/tls/openssl.cnf",
        "/etc/crypto-policies/back-ends",
    ),
    // Tokens are files. Even a program that only reads its keys locks them.
    write(
        setting(variable("SOFTHSM2_CONF"), "directories.tokendir"),
        setting("/etc/softhsm/softhsm2.conf", "directories.tokendir"),
    ),
    // Modules for smart cards reach their readers through this service.
    socket("/run/pcscd/pcscd.comm"),
)]
// With a shared configuration, each tenant would see all tenants' tokens.
#![configuration(
    variable = "SOFTHSM2_CONF",
    file = "softhsm2.conf",
    home = ".config/softhsm2/softhsm2.conf",
    text = "directories.tokendir = {home}/tokens\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n"
)]
#![functions(C_GetFunctionList)]
#![listed(version = "2.40", invalid = CKR_ARGUMENTS_BAD)]
#![forks]

#[status(ok = 0)]
type CK_RV = c_ulong;
types! {
    c_uchar: CK_BBOOL, CK_BYTE, CK_UTF8CHAR;
    c_ulong: CK_ULONG, CK_ATTRIBUTE_TYPE, CK_FLAGS, CK_MECHANISM_TYPE, CK_OBJECT_HANDLE, CK_RSA_PKCS_MGF_TYPE,
        CK_RSA_PKCS_OAEP_SOURCE_TYPE, CK_SESSION_HANDLE, CK_SLOT_ID, CK_STATE, CK_USER_TYPE;
    *mut c_void: CK_FUNCTION_LIST_PTR_PTR, CK_NOTIFY;
}

consts! {
    CK_RV: CKR_HOST_MEMORY = 0x02, CKR_GENERAL_ERROR = 0x05, CKR_DEVICE_REMOVED = 0x32,
        CKR_MECHANISM_PARAM_INVALID = 0x71, CKR_CRYPTOKI_NOT_INITIALIZED = 0x190,
        CKR_CRYPTOKI_ALREADY_INITIALIZED = 0x191;
    // Constants that the hand-written code uses.
    CK_RV: CKR_ARGUMENTS_BAD = 0x07;
    CK_FLAGS: CKF_OS_LOCKING_OK = 1 << 1;
}

// The versions in these are a CK_VERSION each: a byte for the major number, one for the minor.

struct CK_INFO {
    cryptokiVersion: [CK_BYTE; 2],
    manufacturerID: [CK_UTF8CHAR; 32],
    flags: CK_FLAGS,
    libraryDescription: [CK_UTF8CHAR; 32],
    libraryVersion: [CK_BYTE; 2],
}

struct CK_SLOT_INFO {
    slotDescription: [CK_UTF8CHAR; 64],
    manufacturerID: [CK_UTF8CHAR; 32],
    flags: CK_FLAGS,
    hardwareVersion: [CK_BYTE; 2],
    firmwareVersion: [CK_BYTE; 2],
}

struct CK_C_INITIALIZE_ARGS {
    CreateMutex: *mut c_void,
    DestroyMutex: *mut c_void,
    LockMutex: *mut c_void,
    UnlockMutex: *mut c_void,
    flags: CK_FLAGS,
    pReserved: *mut c_void,
}

struct CK_TOKEN_INFO {
    label: [CK_UTF8CHAR; 32],
    manufacturerID: [CK_UTF8CHAR; 32],
    model: [CK_UTF8CHAR; 16],
    serialNumber: [CK_UTF8CHAR; 16],
    flags: CK_FLAGS,
    ulMaxSessionCount: CK_ULONG,
    ulSessionCount: CK_ULONG,
    ulMaxRwSessionCount: CK_ULONG,
    ulRwSessionCount: CK_ULONG,
    ulMaxPinLen: CK_ULONG,
    ulMinPinLen: CK_ULONG,
    ulTotalPublicMemory: CK_ULONG,
    ulFreePublicMemory: CK_ULONG,
    ulTotalPrivateMemory: CK_ULONG,
    ulFreePrivateMemory: CK_ULONG,
    hardwareVersion: [CK_BYTE; 2],
    firmwareVersion: [CK_BYTE; 2],
    utcTime: [CK_UTF8CHAR; 16],
}

struct CK_SESSION_INFO {
    slotID: CK_SLOT_ID,
    state: CK_STATE,
    flags: CK_FLAGS,
    ulDeviceError: CK_ULONG,
}

struct CK_MECHANISM_INFO {
    ulMinKeySize: CK_ULONG,
    ulMaxKeySize: CK_ULONG,
    flags: CK_FLAGS,
}

/// C_GetAttributeValue may set `ulValueLen` to CK_UNAVAILABLE_INFORMATION, all ones: there is no value (5.7).
struct CK_ATTRIBUTE {
    r#type: CK_ATTRIBUTE_TYPE,
    pValue: Option<&[AttributeValue; ulValueLen]>,
    ulValueLen: CK_ULONG,
}

keys! {
    /// Templates in templates (4.8 to 4.10). Key and certificate values, arrays of mechanisms and all others are bytes.
    #[tag(r#type)]
    enum AttributeValue: CK_ATTRIBUTE_TYPE {
        [CK_ATTRIBUTE]: CKA_WRAP_TEMPLATE = 0x4000_0211, CKA_UNWRAP_TEMPLATE = 0x4000_0212,
            CKA_DERIVE_TEMPLATE = 0x4000_0213;
    }
}

struct CK_MECHANISM {
    mechanism: CK_MECHANISM_TYPE,
    pParameter: Option<&[MechanismParameter; ulParameterLen]>,
    ulParameterLen: CK_ULONG,
}

struct CK_RSA_PKCS_OAEP_PARAMS {
    hashAlg: CK_MECHANISM_TYPE,
    mgf: CK_RSA_PKCS_MGF_TYPE,
    source: CK_RSA_PKCS_OAEP_SOURCE_TYPE,
    pSourceData: Option<&[c_void; ulSourceDataLen]>,
    ulSourceDataLen: CK_ULONG,
}

struct CK_GCM_PARAMS {
    pIv: Option<&[CK_BYTE; ulIvLen]>,
    ulIvLen: CK_ULONG,
    ulIvBits: CK_ULONG,
    pAAD: Option<&[CK_BYTE; ulAADLen]>,
    ulAADLen: CK_ULONG,
    ulTagBits: CK_ULONG,
}

struct CK_ECDH1_DERIVE_PARAMS {
    kdf: CK_ULONG,
    ulSharedDataLen: CK_ULONG,
    pSharedData: Option<&[CK_BYTE; ulSharedDataLen]>,
    ulPublicDataLen: CK_ULONG,
    pPublicData: Option<&[CK_BYTE; ulPublicDataLen]>,
}

struct CK_KEY_DERIVATION_STRING_DATA {
    pData: Option<&[CK_BYTE; ulLen]>,
    ulLen: CK_ULONG,
}

struct CK_DES_CBC_ENCRYPT_DATA_PARAMS {
    iv: [CK_BYTE; 8],
    pData: Option<&[CK_BYTE; length]>,
    length: CK_ULONG,
}

/// Also those of ARIA, Camellia and SEED, for which the header has no struct: they have the same fields.
struct CK_AES_CBC_ENCRYPT_DATA_PARAMS {
    iv: [CK_BYTE; 16],
    pData: Option<&[CK_BYTE; length]>,
    length: CK_ULONG,
}

keys! {
    /// The mechanisms whose parameter points to other memory (Current Mechanisms). All others have plain bytes: numbers,
    /// vectors, structs without addresses. Two groups are refused: those whose struct the header lacks, none of them SoftHSM's,
    /// and one-time passwords, whose signature is a struct with addresses of the worker.
    #[tag(mechanism)]
    enum MechanismParameter: CK_MECHANISM_TYPE {
        CK_RSA_PKCS_OAEP_PARAMS: CKM_RSA_PKCS_OAEP = 0x9;
        CK_KEY_DERIVATION_STRING_DATA: CKM_CONCATENATE_BASE_AND_DATA = 0x362, CKM_CONCATENATE_DATA_AND_BASE = 0x363,
            CKM_XOR_BASE_AND_DATA = 0x364, CKM_CAMELLIA_ECB_ENCRYPT_DATA = 0x556, CKM_ARIA_ECB_ENCRYPT_DATA = 0x566,
            CKM_SEED_ECB_ENCRYPT_DATA = 0x656;
        CK_AES_CBC_ENCRYPT_DATA_PARAMS: CKM_CAMELLIA_CBC_ENCRYPT_DATA = 0x557, CKM_ARIA_CBC_ENCRYPT_DATA = 0x567,
            CKM_SEED_CBC_ENCRYPT_DATA = 0x657;
        CK_ECDH1_DERIVE_PARAMS: CKM_ECDH1_DERIVE = 0x1050, CKM_ECDH1_COFACTOR_DERIVE = 0x1051;
        CK_GCM_PARAMS: CKM_AES_GCM = 0x1087;
        // A vector of 12 bytes by the specification, but there are vendors that take these.
        CK_GCM_PARAMS: CKM_AES_GMAC = 0x108E;
        CK_KEY_DERIVATION_STRING_DATA: CKM_DES_ECB_ENCRYPT_DATA = 0x1100, CKM_DES3_ECB_ENCRYPT_DATA = 0x1102,
            CKM_AES_ECB_ENCRYPT_DATA = 0x1104;
        CK_DES_CBC_ENCRYPT_DATA_PARAMS: CKM_DES_CBC_ENCRYPT_DATA = 0x1101, CKM_DES3_CBC_ENCRYPT_DATA = 0x1103;
        CK_AES_CBC_ENCRYPT_DATA_PARAMS: CKM_AES_CBC_ENCRYPT_DATA = 0x1105;
        #[refused(CKR_MECHANISM_PARAM_INVALID)] c_void: CKM_X9_42_DH_DERIVE = 0x31, CKM_X9_42_DH_HYBRID_DERIVE = 0x32,
            CKM_X9_42_MQV_DERIVE = 0x33, CKM_RC5_CBC = 0x332, CKM_RC5_CBC_PAD = 0x335,
            CKM_SSL3_MASTER_KEY_DERIVE = 0x371, CKM_SSL3_KEY_AND_MAC_DERIVE = 0x372,
            CKM_SSL3_MASTER_KEY_DERIVE_DH = 0x373, CKM_TLS_MASTER_KEY_DERIVE = 0x375,
            CKM_TLS_KEY_AND_MAC_DERIVE = 0x376, CKM_TLS_MASTER_KEY_DERIVE_DH = 0x377, CKM_TLS_PRF = 0x378,
            CKM_PBE_MD2_DES_CBC = 0x3A0, CKM_PBE_MD5_DES_CBC = 0x3A1, CKM_PBE_MD5_CAST_CBC = 0x3A2,
            CKM_PBE_MD5_CAST3_CBC = 0x3A3, CKM_PBE_MD5_CAST128_CBC = 0x3A4, CKM_PBE_SHA1_CAST128_CBC = 0x3A5,
            CKM_PBE_SHA1_RC4_128 = 0x3A6, CKM_PBE_SHA1_RC4_40 = 0x3A7, CKM_PBE_SHA1_DES3_EDE_CBC = 0x3A8,
            CKM_PBE_SHA1_DES2_EDE_CBC = 0x3A9, CKM_PBE_SHA1_RC2_128_CBC = 0x3AA, CKM_PBE_SHA1_RC2_40_CBC = 0x3AB,
            CKM_PKCS5_PBKD2 = 0x3B0, CKM_PBA_SHA1_WITH_SHA1_HMAC = 0x3C0, CKM_WTLS_MASTER_KEY_DERIVE = 0x3D1,
            CKM_WTLS_MASTER_KEY_DERIVE_DH_ECC = 0x3D2, CKM_WTLS_PRF = 0x3D3, CKM_WTLS_SERVER_KEY_AND_MAC_DERIVE = 0x3D4,
            CKM_WTLS_CLIENT_KEY_AND_MAC_DERIVE = 0x3D5, CKM_TLS12_KDF = 0x3D9, CKM_TLS12_MASTER_KEY_DERIVE = 0x3E0,
            CKM_TLS12_KEY_AND_MAC_DERIVE = 0x3E1, CKM_TLS12_MASTER_KEY_DERIVE_DH = 0x3E2,
            CKM_TLS12_KEY_SAFE_DERIVE = 0x3E3, CKM_TLS_KDF = 0x3E5, CKM_KEY_WRAP_SET_OAEP = 0x401, CKM_CMS_SIG = 0x500,
            CKM_KIP_DERIVE = 0x510, CKM_KIP_WRAP = 0x511, CKM_KIP_MAC = 0x512, CKM_SKIPJACK_PRIVATE_WRAP = 0x1009,
            CKM_SKIPJACK_RELAYX = 0x100A, CKM_KEA_KEY_DERIVE = 0x1011, CKM_ECMQV_DERIVE = 0x1052,
            CKM_ECDH_AES_KEY_WRAP = 0x1053, CKM_RSA_AES_KEY_WRAP = 0x1054, CKM_AES_CCM = 0x1088,
            CKM_GOSTR3410_KEY_WRAP = 0x1203, CKM_GOSTR3410_DERIVE = 0x1204, CKM_SECURID = 0x282, CKM_HOTP = 0x291,
            CKM_ACTI = 0x2A0;
    }
}

// Parameters that several functions have: data with its length. Of what comes out the capacity goes in, and null asks for the
// length.

#[params]
#[charge(bytes_in = pData)]
struct DataIn {
    pData: Option<In<[CK_BYTE; ulDataLen]>>,
    ulDataLen: CK_ULONG,
}

#[params]
#[charge(bytes_out = pData)]
#[written(pData = pulDataLen)]
struct DataOut {
    pData: Option<Out<[CK_BYTE; pulDataLen]>>,
    pulDataLen: Option<&mut CK_ULONG>,
}

#[params]
#[charge(bytes_in = pPart)]
struct PartIn {
    pPart: Option<In<[CK_BYTE; ulPartLen]>>,
    ulPartLen: CK_ULONG,
}

#[params]
#[charge(bytes_out = pPart)]
#[written(pPart = pulPartLen)]
struct PartOut {
    pPart: Option<Out<[CK_BYTE; pulPartLen]>>,
    pulPartLen: Option<&mut CK_ULONG>,
}

#[params]
#[charge(bytes_in = pEncryptedPart)]
struct EncryptedPartIn {
    pEncryptedPart: Option<In<[CK_BYTE; ulEncryptedPartLen]>>,
    ulEncryptedPartLen: CK_ULONG,
}

#[params]
#[charge(bytes_out = pEncryptedPart)]
#[written(pEncryptedPart = pulEncryptedPartLen)]
struct EncryptedPartOut {
    pEncryptedPart: Option<Out<[CK_BYTE; pulEncryptedPartLen]>>,
    pulEncryptedPartLen: Option<&mut CK_ULONG>,
}

#[params]
#[charge(bytes_out = pDigest)]
#[written(pDigest = pulDigestLen)]
struct DigestOut {
    pDigest: Option<Out<[CK_BYTE; pulDigestLen]>>,
    pulDigestLen: Option<&mut CK_ULONG>,
}

#[params]
#[charge(bytes_out = pSignature)]
#[written(pSignature = pulSignatureLen)]
struct SignatureOut {
    pSignature: Option<Out<[CK_BYTE; pulSignatureLen]>>,
    pulSignatureLen: Option<&mut CK_ULONG>,
}

#[params]
struct Template {
    pTemplate: Option<In<[CK_ATTRIBUTE; ulCount]>>,
    ulCount: CK_ULONG,
}

// General purpose (5.4).

extern "C" {
    /// The program's mutex functions and thread flags do not cross: the worker's threads call the vendor, and the worker
    /// tells it to use the system's locks. The shim refuses arguments that 5.4 calls bad.
    #[afresh]
    #[custom(shim)]
    #[withheld(pInitArgs)]
    #[given(pInitArgs = CK_C_INITIALIZE_ARGS(flags = CKF_OS_LOCKING_OK))]
    #[no_broker(status = CKR_GENERAL_ERROR)]
    fn C_Initialize(pInitArgs: *mut c_void) -> CK_RV;

    /// `pReserved` is not dereferenced: only whether it is null matters. After a worker is lost, the shim serves this call.
    #[custom(shim)]
    #[doubts]
    fn C_Finalize(pReserved: Option<In<[c_void; 0]>>) -> CK_RV;

    fn C_GetInfo(pInfo: Option<Out<CK_INFO>>) -> CK_RV;

    #[local]
    fn C_GetFunctionList(ppFunctionList: CK_FUNCTION_LIST_PTR_PTR) -> CK_RV;
}

// Slots and tokens (5.5).

extern "C" {
    #[written(pSlotList = pulCount)]
    fn C_GetSlotList(
        tokenPresent: CK_BBOOL,
        pSlotList: Option<Out<[CK_SLOT_ID; pulCount]>>,
        pulCount: Option<&mut CK_ULONG>,
    ) -> CK_RV;

    fn C_GetSlotInfo(slotID: CK_SLOT_ID, pInfo: Option<Out<CK_SLOT_INFO>>) -> CK_RV;
    fn C_GetTokenInfo(slotID: CK_SLOT_ID, pInfo: Option<Out<CK_TOKEN_INFO>>) -> CK_RV;

    #[written(pMechanismList = pulCount)]
    fn C_GetMechanismList(
        slotID: CK_SLOT_ID,
        pMechanismList: Option<Out<[CK_MECHANISM_TYPE; pulCount]>>,
        pulCount: Option<&mut CK_ULONG>,
    ) -> CK_RV;

    /// Input and output: a vendor does not write fields that have no meaning for a mechanism.
    fn C_GetMechanismInfo(
        slotID: CK_SLOT_ID,
        r#type: CK_MECHANISM_TYPE,
        pInfo: Option<&mut CK_MECHANISM_INFO>,
    ) -> CK_RV;

    /// A null PIN here, in C_InitPIN, C_SetPIN and C_Login means that the token asks for it at its own key pad.
    #[charge(commands = 1)]
    fn C_InitToken(
        slotID: CK_SLOT_ID,
        pPin: Option<In<[CK_UTF8CHAR; ulPinLen]>>,
        ulPinLen: CK_ULONG,
        pLabel: Option<In<[CK_UTF8CHAR; 32]>>,
    ) -> CK_RV;

    #[charge(commands = 1)]
    fn C_InitPIN(hSession: CK_SESSION_HANDLE, pPin: Option<In<[CK_UTF8CHAR; ulPinLen]>>, ulPinLen: CK_ULONG) -> CK_RV;

    #[charge(commands = 1)]
    fn C_SetPIN(
        hSession: CK_SESSION_HANDLE,
        pOldPin: Option<In<[CK_UTF8CHAR; ulOldLen]>>,
        ulOldLen: CK_ULONG,
        pNewPin: Option<In<[CK_UTF8CHAR; ulNewLen]>>,
        ulNewLen: CK_ULONG,
    ) -> CK_RV;
}

// Sessions (5.6).

extern "C" {
    /// There are no notifications: a library need not make any (5.17), and the program's address is meaningless in the
    /// worker.
    #[withheld(pApplication, Notify)]
    fn C_OpenSession(
        slotID: CK_SLOT_ID,
        flags: CK_FLAGS,
        pApplication: *mut c_void,
        Notify: CK_NOTIFY,
        phSession: Option<Out<CK_SESSION_HANDLE>>,
    ) -> CK_RV;

    #[drops(hSession)]
    fn C_CloseSession(hSession: CK_SESSION_HANDLE) -> CK_RV;

    #[doubts]
    fn C_CloseAllSessions(slotID: CK_SLOT_ID) -> CK_RV;

    fn C_GetSessionInfo(hSession: CK_SESSION_HANDLE, pInfo: Option<Out<CK_SESSION_INFO>>) -> CK_RV;

    #[written(pOperationState = pulOperationStateLen)]
    #[charge(bytes_out = pOperationState)]
    fn C_GetOperationState(
        hSession: CK_SESSION_HANDLE,
        pOperationState: Option<Out<[CK_BYTE; pulOperationStateLen]>>,
        pulOperationStateLen: Option<&mut CK_ULONG>,
    ) -> CK_RV;

    #[charge(bytes_in = pOperationState)]
    fn C_SetOperationState(
        hSession: CK_SESSION_HANDLE,
        pOperationState: Option<In<[CK_BYTE; ulOperationStateLen]>>,
        ulOperationStateLen: CK_ULONG,
        hEncryptionKey: CK_OBJECT_HANDLE,
        hAuthenticationKey: CK_OBJECT_HANDLE,
    ) -> CK_RV;

    /// After it, and after C_Logout, searches may or may not be active.
    #[charge(commands = 1)]
    #[doubts]
    fn C_Login(
        hSession: CK_SESSION_HANDLE,
        userType: CK_USER_TYPE,
        pPin: Option<In<[CK_UTF8CHAR; ulPinLen]>>,
        ulPinLen: CK_ULONG,
    ) -> CK_RV;

    #[doubts]
    fn C_Logout(hSession: CK_SESSION_HANDLE) -> CK_RV;
}

// Objects (5.7).

extern "C" {
    #[charge(commands = 1, bytes_in = pTemplate)]
    fn C_CreateObject(hSession: CK_SESSION_HANDLE, _: Template, phObject: Option<Out<CK_OBJECT_HANDLE>>) -> CK_RV;

    #[charge(commands = 1, bytes_in = pTemplate)]
    fn C_CopyObject(
        hSession: CK_SESSION_HANDLE,
        hObject: CK_OBJECT_HANDLE,
        _: Template,
        phNewObject: Option<Out<CK_OBJECT_HANDLE>>,
    ) -> CK_RV;

    #[charge(commands = 1)]
    fn C_DestroyObject(hSession: CK_SESSION_HANDLE, hObject: CK_OBJECT_HANDLE) -> CK_RV;

    fn C_GetObjectSize(hSession: CK_SESSION_HANDLE, hObject: CK_OBJECT_HANDLE, pulSize: Option<Out<CK_ULONG>>)
    -> CK_RV;

    /// The template is output also with CKR_ATTRIBUTE_SENSITIVE, CKR_ATTRIBUTE_TYPE_INVALID and CKR_BUFFER_TOO_SMALL, which
    /// are not errors: each attribute's `ulValueLen` says whether it has a value.
    #[charge(bytes_out = pTemplate)]
    fn C_GetAttributeValue(
        hSession: CK_SESSION_HANDLE,
        hObject: CK_OBJECT_HANDLE,
        pTemplate: Option<&mut [CK_ATTRIBUTE; ulCount]>,
        ulCount: CK_ULONG,
    ) -> CK_RV;

    #[charge(commands = 1, bytes_in = pTemplate)]
    fn C_SetAttributeValue(hSession: CK_SESSION_HANDLE, hObject: CK_OBJECT_HANDLE, _: Template) -> CK_RV;

    /// Objects that are made or destroyed during a search may or may not be found by it. So it does not matter when the vendor is
    /// asked for the next ones.
    #[charge(commands = 1)]
    #[drops(hSession)]
    fn C_FindObjectsInit(hSession: CK_SESSION_HANDLE, _: Template) -> CK_RV;

    #[pieces(hSession)]
    #[written(phObject = pulObjectCount)]
    fn C_FindObjects(
        hSession: CK_SESSION_HANDLE,
        phObject: Option<Out<[CK_OBJECT_HANDLE; ulMaxObjectCount]>>,
        ulMaxObjectCount: CK_ULONG,
        pulObjectCount: Out<CK_ULONG>,
    ) -> CK_RV;

    #[drops(hSession)]
    fn C_FindObjectsFinal(hSession: CK_SESSION_HANDLE) -> CK_RV;
}

// Encryption (5.8) and decryption (5.9).

#[charge(commands = 1)]
extern "C" {
    fn C_EncryptInit(
        hSession: CK_SESSION_HANDLE,
        pMechanism: Option<In<CK_MECHANISM>>,
        hKey: CK_OBJECT_HANDLE,
    ) -> CK_RV;

    #[charge(bytes_out = pEncryptedData)]
    #[written(pEncryptedData = pulEncryptedDataLen)]
    fn C_Encrypt(
        hSession: CK_SESSION_HANDLE,
        _: DataIn,
        pEncryptedData: Option<Out<[CK_BYTE; pulEncryptedDataLen]>>,
        pulEncryptedDataLen: Option<&mut CK_ULONG>,
    ) -> CK_RV;

    fn C_EncryptUpdate(hSession: CK_SESSION_HANDLE, _: PartIn, _: EncryptedPartOut) -> CK_RV;

    #[charge(bytes_out = pLastEncryptedPart)]
    #[written(pLastEncryptedPart = pulLastEncryptedPartLen)]
    fn C_EncryptFinal(
        hSession: CK_SESSION_HANDLE,
        pLastEncryptedPart: Option<Out<[CK_BYTE; pulLastEncryptedPartLen]>>,
        pulLastEncryptedPartLen: Option<&mut CK_ULONG>,
    ) -> CK_RV;

    fn C_DecryptInit(
        hSession: CK_SESSION_HANDLE,
        pMechanism: Option<In<CK_MECHANISM>>,
        hKey: CK_OBJECT_HANDLE,
    ) -> CK_RV;

    #[charge(bytes_in = pEncryptedData)]
    fn C_Decrypt(
        hSession: CK_SESSION_HANDLE,
        pEncryptedData: Option<In<[CK_BYTE; ulEncryptedDataLen]>>,
        ulEncryptedDataLen: CK_ULONG,
        _: DataOut,
    ) -> CK_RV;

    fn C_DecryptUpdate(hSession: CK_SESSION_HANDLE, _: EncryptedPartIn, _: PartOut) -> CK_RV;

    #[charge(bytes_out = pLastPart)]
    #[written(pLastPart = pulLastPartLen)]
    fn C_DecryptFinal(
        hSession: CK_SESSION_HANDLE,
        pLastPart: Option<Out<[CK_BYTE; pulLastPartLen]>>,
        pulLastPartLen: Option<&mut CK_ULONG>,
    ) -> CK_RV;
}

// Digests (5.10).

#[charge(commands = 1)]
extern "C" {
    fn C_DigestInit(hSession: CK_SESSION_HANDLE, pMechanism: Option<In<CK_MECHANISM>>) -> CK_RV;

    fn C_Digest(hSession: CK_SESSION_HANDLE, _: DataIn, _: DigestOut) -> CK_RV;

    fn C_DigestUpdate(hSession: CK_SESSION_HANDLE, _: PartIn) -> CK_RV;

    fn C_DigestKey(hSession: CK_SESSION_HANDLE, hKey: CK_OBJECT_HANDLE) -> CK_RV;

    fn C_DigestFinal(hSession: CK_SESSION_HANDLE, _: DigestOut) -> CK_RV;
}

// Signatures and codes of messages (5.11), and their verification (5.12).

#[charge(commands = 1)]
extern "C" {
    fn C_SignInit(hSession: CK_SESSION_HANDLE, pMechanism: Option<In<CK_MECHANISM>>, hKey: CK_OBJECT_HANDLE) -> CK_RV;

    fn C_Sign(hSession: CK_SESSION_HANDLE, _: DataIn, _: SignatureOut) -> CK_RV;

    fn C_SignUpdate(hSession: CK_SESSION_HANDLE, _: PartIn) -> CK_RV;

    fn C_SignFinal(hSession: CK_SESSION_HANDLE, _: SignatureOut) -> CK_RV;

    fn C_SignRecoverInit(
        hSession: CK_SESSION_HANDLE,
        pMechanism: Option<In<CK_MECHANISM>>,
        hKey: CK_OBJECT_HANDLE,
    ) -> CK_RV;

    fn C_SignRecover(hSession: CK_SESSION_HANDLE, _: DataIn, _: SignatureOut) -> CK_RV;

    fn C_VerifyInit(hSession: CK_SESSION_HANDLE, pMechanism: Option<In<CK_MECHANISM>>, hKey: CK_OBJECT_HANDLE)
    -> CK_RV;

    fn C_Verify(
        hSession: CK_SESSION_HANDLE,
        _: DataIn,
        pSignature: Option<In<[CK_BYTE; ulSignatureLen]>>,
        ulSignatureLen: CK_ULONG,
    ) -> CK_RV;

    fn C_VerifyUpdate(hSession: CK_SESSION_HANDLE, _: PartIn) -> CK_RV;

    fn C_VerifyFinal(
        hSession: CK_SESSION_HANDLE,
        pSignature: Option<In<[CK_BYTE; ulSignatureLen]>>,
        ulSignatureLen: CK_ULONG,
    ) -> CK_RV;

    fn C_VerifyRecoverInit(
        hSession: CK_SESSION_HANDLE,
        pMechanism: Option<In<CK_MECHANISM>>,
        hKey: CK_OBJECT_HANDLE,
    ) -> CK_RV;

    #[charge(bytes_in = pSignature)]
    fn C_VerifyRecover(
        hSession: CK_SESSION_HANDLE,
        pSignature: Option<In<[CK_BYTE; ulSignatureLen]>>,
        ulSignatureLen: CK_ULONG,
        _: DataOut,
    ) -> CK_RV;
}

// Two at once (5.13).

#[charge(commands = 1)]
extern "C" {
    fn C_DigestEncryptUpdate(hSession: CK_SESSION_HANDLE, _: PartIn, _: EncryptedPartOut) -> CK_RV;

    fn C_DecryptDigestUpdate(hSession: CK_SESSION_HANDLE, _: EncryptedPartIn, _: PartOut) -> CK_RV;

    fn C_SignEncryptUpdate(hSession: CK_SESSION_HANDLE, _: PartIn, _: EncryptedPartOut) -> CK_RV;

    fn C_DecryptVerifyUpdate(hSession: CK_SESSION_HANDLE, _: EncryptedPartIn, _: PartOut) -> CK_RV;
}

// Keys (5.14).

#[charge(commands = 1)]
extern "C" {
    fn C_GenerateKey(
        hSession: CK_SESSION_HANDLE,
        pMechanism: Option<In<CK_MECHANISM>>,
        _: Template,
        phKey: Option<Out<CK_OBJECT_HANDLE>>,
    ) -> CK_RV;

    fn C_GenerateKeyPair(
        hSession: CK_SESSION_HANDLE,
        pMechanism: Option<In<CK_MECHANISM>>,
        pPublicKeyTemplate: Option<In<[CK_ATTRIBUTE; ulPublicKeyAttributeCount]>>,
        ulPublicKeyAttributeCount: CK_ULONG,
        pPrivateKeyTemplate: Option<In<[CK_ATTRIBUTE; ulPrivateKeyAttributeCount]>>,
        ulPrivateKeyAttributeCount: CK_ULONG,
        phPublicKey: Option<Out<CK_OBJECT_HANDLE>>,
        phPrivateKey: Option<Out<CK_OBJECT_HANDLE>>,
    ) -> CK_RV;

    #[charge(bytes_out = pWrappedKey)]
    #[written(pWrappedKey = pulWrappedKeyLen)]
    fn C_WrapKey(
        hSession: CK_SESSION_HANDLE,
        pMechanism: Option<In<CK_MECHANISM>>,
        hWrappingKey: CK_OBJECT_HANDLE,
        hKey: CK_OBJECT_HANDLE,
        pWrappedKey: Option<Out<[CK_BYTE; pulWrappedKeyLen]>>,
        pulWrappedKeyLen: Option<&mut CK_ULONG>,
    ) -> CK_RV;

    #[charge(bytes_in = pWrappedKey)]
    fn C_UnwrapKey(
        hSession: CK_SESSION_HANDLE,
        pMechanism: Option<In<CK_MECHANISM>>,
        hUnwrappingKey: CK_OBJECT_HANDLE,
        pWrappedKey: Option<In<[CK_BYTE; ulWrappedKeyLen]>>,
        ulWrappedKeyLen: CK_ULONG,
        pTemplate: Option<In<[CK_ATTRIBUTE; ulAttributeCount]>>,
        ulAttributeCount: CK_ULONG,
        phKey: Option<Out<CK_OBJECT_HANDLE>>,
    ) -> CK_RV;

    /// `phKey` is null for mechanisms that derive several keys at once; the table has none of these.
    fn C_DeriveKey(
        hSession: CK_SESSION_HANDLE,
        pMechanism: Option<In<CK_MECHANISM>>,
        hBaseKey: CK_OBJECT_HANDLE,
        pTemplate: Option<In<[CK_ATTRIBUTE; ulAttributeCount]>>,
        ulAttributeCount: CK_ULONG,
        phKey: Option<Out<CK_OBJECT_HANDLE>>,
    ) -> CK_RV;
}

// Random numbers (5.15).

#[charge(commands = 1)]
extern "C" {
    #[charge(bytes_in = pSeed)]
    fn C_SeedRandom(hSession: CK_SESSION_HANDLE, pSeed: Option<In<[CK_BYTE; ulSeedLen]>>, ulSeedLen: CK_ULONG)
    -> CK_RV;

    #[charge(bytes_out = RandomData)]
    fn C_GenerateRandom(
        hSession: CK_SESSION_HANDLE,
        RandomData: Option<Out<[CK_BYTE; ulRandomLen]>>,
        ulRandomLen: CK_ULONG,
    ) -> CK_RV;
}

// Left from parallel operations (5.16), and the last function of the list, of slots (5.5).

extern "C" {
    fn C_GetFunctionStatus(hSession: CK_SESSION_HANDLE) -> CK_RV;
    fn C_CancelFunction(hSession: CK_SESSION_HANDLE) -> CK_RV;

    /// Blocks the thread that calls it until a slot changes, unless `flags` says CKF_DONT_BLOCK.
    fn C_WaitForSlotEvent(flags: CK_FLAGS, pSlot: Option<Out<CK_SLOT_ID>>, pReserved: Option<In<[c_void; 0]>>)
    -> CK_RV;
}

//! The API of libfree.so.1, drafted from free.h.

#![api(free = 9)]
#![library("libfree.so.1")]
#![header("free.h")]
#![lost(1)]

// Drafted from a header: every shape and every fact is a guess.

#[status(ok = 0)]
type FREE_RV = c_ulong;
types! {
    c_ulong: FREE_ULONG;
    c_uchar: FREE_BYTE;
}

consts! {
    c_ulong: FREE_OK = 0, FREE_FUNCTION_NOT_SUPPORTED = 84, FREE_EFFECTIVELY_INFINITE = 0xFFFFFFFFFFFFFFFF;
}

struct FREE_ATTRIBUTE {
    r#type: FREE_ULONG,
    pValue: Option<&[c_void; ulValueLen]>,
    ulValueLen: FREE_ULONG,
}

extern "C" {
    #[written(pSignature = pulSignatureLen)]
    fn FreeSign(
        hSession: FREE_ULONG,
        pData: Option<In<[FREE_BYTE; ulDataLen]>>,
        ulDataLen: FREE_ULONG,
        pSignature: Option<Out<[FREE_BYTE; pulSignatureLen]>>,
        pulSignatureLen: Option<&mut FREE_ULONG>,
    ) -> FREE_RV;

    #[written(phObject = min(ulMaxObjectCount, pulObjectCount))]
    fn FreeFind(
        hSession: FREE_ULONG,
        phObject: Option<Out<[FREE_ULONG; ulMaxObjectCount]>>,
        ulMaxObjectCount: FREE_ULONG,
        pulObjectCount: Option<Out<FREE_ULONG>>,
    ) -> FREE_RV;

    #[written(pSlotList = pulCount)]
    fn FreeGetSlots(
        present: FREE_BYTE,
        pSlotList: Option<Out<[FREE_ULONG; pulCount]>>,
        pulCount: Option<&mut FREE_ULONG>,
    ) -> FREE_RV;

    fn FreeGenerate(templ: Option<In<[FREE_ATTRIBUTE; count]>>, count: FREE_ULONG, phKey: Option<Out<FREE_ULONG>>)
    -> FREE_RV;

    fn FreeGetAttributes(pTemplate: Option<&mut [FREE_ATTRIBUTE; ulCount]>, ulCount: FREE_ULONG) -> FREE_RV;
}

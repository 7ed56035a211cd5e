/* An API that never says const, and names its parameters by their types. */
typedef unsigned long FREE_RV;
typedef unsigned long FREE_ULONG;
typedef unsigned char FREE_BYTE;
typedef FREE_ULONG *FREE_ULONG_PTR;

#define FREE_OK 0UL
#define FREE_FUNCTION_NOT_SUPPORTED 0x54UL
#define FREE_EFFECTIVELY_INFINITE ((unsigned long)-1L)

struct free_attribute { FREE_ULONG type; void *pValue; FREE_ULONG ulValueLen; };
typedef struct free_attribute FREE_ATTRIBUTE;
typedef struct free_attribute *FREE_ATTRIBUTE_PTR;

FREE_RV FreeSign(FREE_ULONG hSession, FREE_BYTE *pData, FREE_ULONG ulDataLen, FREE_BYTE *pSignature,
                 FREE_ULONG_PTR pulSignatureLen);
FREE_RV FreeFind(FREE_ULONG hSession, FREE_ULONG *phObject, FREE_ULONG ulMaxObjectCount, FREE_ULONG *pulObjectCount);
FREE_RV FreeGetSlots(FREE_BYTE present, FREE_ULONG *pSlotList, FREE_ULONG_PTR pulCount);
FREE_RV FreeGenerate(FREE_ATTRIBUTE_PTR templ, FREE_ULONG count, FREE_ULONG *phKey);
FREE_RV FreeGetAttributes(FREE_ATTRIBUTE_PTR pTemplate, FREE_ULONG ulCount);

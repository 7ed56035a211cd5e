/* An API whose objects are structs that programs see no fields of. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct OpaqueModel OpaqueModel;
typedef struct OpaqueTensor OpaqueTensor;
typedef enum OpaqueStatus { kOpaqueOk = 0, kOpaqueError = 1 } OpaqueStatus;

OpaqueModel *OpaqueModelCreate(const void *model_data, size_t model_size);
void OpaqueModelDelete(OpaqueModel *model);
OpaqueStatus OpaqueModelRun(const OpaqueModel *model, bool twice);
OpaqueStatus OpaqueModelResize(OpaqueModel *model, const int32_t *dims, int32_t num_dims);
const OpaqueTensor *OpaqueModelGetTensor(const OpaqueModel *model, int32_t index);
OpaqueStatus OpaqueTensorName(const OpaqueTensor *tensor);

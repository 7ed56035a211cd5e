/* Devices and what they tell of themselves. */
#include "client.h"

#include <ctype.h>

CASE(devices_are_numbered)
{
    int count = 0;
    CUdevice found;
    begin_without_context();
    OK(cuDeviceGetCount(&count));
    CHECK(count >= 1);
    for (int i = 0; i < count; i++)
        OK(cuDeviceGet(&found, i));
    IS(cuDeviceGet(&found, count), CUDA_ERROR_INVALID_DEVICE);
    IS(cuDeviceGet(&found, -1), CUDA_ERROR_INVALID_DEVICE);
    IS(cuDeviceGetCount(NULL), CUDA_ERROR_INVALID_VALUE);
    IS(cuDeviceGet(NULL, 0), CUDA_ERROR_INVALID_VALUE);
}

CASE(device_name)
{
    char name[256], shorter[8];
    begin_without_context();
    memset(name, '#', sizeof name);
    OK(cuDeviceGetName(name, sizeof name, device));
    size_t length = strnlen(name, sizeof name);
    CHECK(length > 0 && length < sizeof name);
    for (size_t i = 0; i < length; i++)
        CHECK(isprint((unsigned char)name[i]));
    memset(shorter, '#', sizeof shorter);
    OK(cuDeviceGetName(shorter, 5, device));
    CHECK(shorter[5] == '#' && strnlen(shorter, 5) < 5 && strncmp(shorter, name, strlen(shorter)) == 0);
    IS(cuDeviceGetName(name, sizeof name, 1000), CUDA_ERROR_INVALID_DEVICE);
    IS(cuDeviceGetName(NULL, 10, device), CUDA_ERROR_INVALID_VALUE);
}

CASE(device_limits_are_plausible)
{
    begin_without_context();
    /* The table "Technical Specifications per Compute Capability" of the programming guide, for all that are supported. */
    CHECK_INT(attribute(CU_DEVICE_ATTRIBUTE_WARP_SIZE), 32);
    CHECK_INT(attribute(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK), 1024);
    CHECK_INT(attribute(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X), 1024);
    CHECK_INT(attribute(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y), 1024);
    CHECK_INT(attribute(CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z), 64);
    CHECK_INT(attribute(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X), 2147483647);
    CHECK_INT(attribute(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y), 65535);
    CHECK_INT(attribute(CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z), 65535);
    CHECK_INT(attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK), 48 * 1024);
    CHECK_INT(attribute(CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY), 64 * 1024);
    CHECK_INT(attribute(CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK), 64 * 1024);
    CHECK(attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT) >= 1);
    CHECK(attribute(CU_DEVICE_ATTRIBUTE_CLOCK_RATE) >= 0);
    CHECK(attribute(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR) % 32 == 0);
    CHECK(attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN) >= 48 * 1024);
    CHECK_INT(attribute(CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING), 1);
    CHECK_INT(attribute(CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY), 1);
}

CASE(device_capability)
{
    int major = 0, minor = 0;
    begin_without_context();
    OK(cuDeviceComputeCapability(&major, &minor, device));
    CHECK_INT(attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR), major);
    CHECK_INT(attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR), minor);
    CHECK(major * 10 + minor >= 75);
}

CASE(device_attributes_that_are_none)
{
    int value;
    begin_without_context();
    IS(cuDeviceGetAttribute(&value, (CUdevice_attribute)100000, device), CUDA_ERROR_INVALID_VALUE);
    IS(cuDeviceGetAttribute(&value, (CUdevice_attribute)-1, device), CUDA_ERROR_INVALID_VALUE);
    IS(cuDeviceGetAttribute(NULL, CU_DEVICE_ATTRIBUTE_WARP_SIZE, device), CUDA_ERROR_INVALID_VALUE);
    IS(cuDeviceGetAttribute(&value, CU_DEVICE_ATTRIBUTE_WARP_SIZE, 1000), CUDA_ERROR_INVALID_DEVICE);
}

CASE(device_memory)
{
    size_t total = 0, free = 0, of_context = 0;
    begin();
    OK(cuDeviceTotalMem(&total, device));
    OK(cuMemGetInfo(&free, &of_context));
    CHECK_INT(of_context, total);
    CHECK(free > 0 && free <= total);
    IS(cuDeviceTotalMem(&total, 1000), CUDA_ERROR_INVALID_DEVICE);
    IS(cuDeviceTotalMem(NULL, device), CUDA_ERROR_INVALID_VALUE);
}

CASE(device_uuid)
{
    static const CUuuid zero;
    CUuuid first, again, other;
    int count;
    begin_without_context();
    OK(cuDeviceGetUuid(&first, device));
    OK(cuDeviceGetUuid(&again, device));
    CHECK(memcmp(&first, &again, sizeof first) == 0);
    CHECK(memcmp(&first, &zero, sizeof first) != 0);
    OK(cuDeviceGetCount(&count));
    for (int i = 1; i < count; i++) {
        OK(cuDeviceGetUuid(&other, i));
        CHECK(memcmp(&first, &other, sizeof first) != 0);
    }
}

CASE(device_by_bus)
{
    char id[32];
    unsigned domain, bus, slot;
    CUdevice found = -1;
    begin_without_context();
    OK(cuDeviceGetPCIBusId(id, sizeof id, device));
    CHECK(sscanf(id, "%x:%x:%x.0", &domain, &bus, &slot) == 3);
    CHECK_INT(attribute(CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID), domain);
    CHECK_INT(attribute(CU_DEVICE_ATTRIBUTE_PCI_BUS_ID), bus);
    CHECK_INT(attribute(CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID), slot);
    OK(cuDeviceGetByPCIBusId(&found, id));
    CHECK_INT(found, device);
    REFUSED(cuDeviceGetByPCIBusId(&found, "no bus"));
    REFUSED(cuDeviceGetByPCIBusId(&found, "ffff:ff:1f.0"));
}

CASE(device_peers)
{
    int count, can = -1;
    begin_without_context();
    OK(cuDeviceGetCount(&count));
    if (count < 2)
        skip("one device");
    OK(cuDeviceCanAccessPeer(&can, 0, 1));
    CHECK(can == 0 || can == 1);
    int there = 0, value = 5;
    OK(cuDeviceGetP2PAttribute(&there, CU_DEVICE_P2P_ATTRIBUTE_ACCESS_SUPPORTED, 0, 1));
    CHECK_INT(there, can);
    CUcontext first, second;
    OK(cuDevicePrimaryCtxRetain(&first, 0));
    OK(cuDevicePrimaryCtxRetain(&second, 1));
    OK(cuCtxSetCurrent(first));
    CUdeviceptr from = upload(&value, sizeof value);
    OK(cuCtxSetCurrent(second));
    CUdeviceptr to = zeroes(1);
    OK(cuMemcpyPeer(to, second, from, first, sizeof value));
    OK(cuCtxSynchronize());
    CHECK_INT(value_at(to), 5);
}

CASE(device_affinity)
{
    int supported = 0;
    begin_without_context();
    OK(cuDeviceGetExecAffinitySupport(&supported, CU_EXEC_AFFINITY_TYPE_SM_COUNT, device));
    CHECK(supported == 0 || supported == 1);
}

CASE(device_luid)
{
    char luid[8];
    unsigned mask;
    begin_without_context();
    /* Of Windows. */
    REFUSED(cuDeviceGetLuid(luid, &mask, device));
}

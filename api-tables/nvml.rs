//! NVIDIA's management library, of `nvml.h` 13.0: what programs ask about devices.
//!
//! A pointer that may be null is `Option`, also where the documentation calls null an error: the library handles it. Devices last
//! as long as the library, and so do their handles. What changes a device, or tells of others who use it, is refused.

#![api(nvml = 6)]
#![library("libnvidia-ml.so.1")]
#![install("with NVIDIA's driver, from nvidia.com or the distribution")]
// Without it the header gives older names to newer functions.
#![define("NVML_NO_UNVERSIONED_FUNC_DEFS=1")]
#![header("nvml.h")]
// The library of another worker is not initialized.
#![lost(NVML_ERROR_UNINITIALIZED)]
#![exhausted(NVML_ERROR_MEMORY)]
#![absent(NVML_ERROR_FUNCTION_NOT_FOUND)]
#![environment("NVIDIA_*", "AVA_SOFTCUDA_*", "AVA_SOFTNVML_*")]
#![sandbox(device("/dev/nvidia*"), read("/proc/driver/nvidia", "/sys/bus/pci/devices"))]

#[status(ok = 0)]
type nvmlReturn_t = c_uint;
types! {
    c_uint: nvmlAffinityScope_t, nvmlBrandType_t, nvmlBusType_t, nvmlClockId_t, nvmlClockType_t, nvmlComputeMode_t,
        nvmlDetachGpuState_t, nvmlDeviceArchitecture_t, nvmlDeviceVgpuCapability_t, nvmlDriverModel_t,
        nvmlEccCounterType_t, nvmlEnableState_t, nvmlEncoderType_t, nvmlFanControlPolicy_t, nvmlGpuOperationMode_t,
        nvmlGpuP2PCapsIndex_t, nvmlGpuP2PStatus_t, nvmlGpuTopologyLevel_t, nvmlGpuVirtualizationMode_t,
        nvmlHostVgpuMode_t, nvmlInforomObject_t, nvmlIntNvLinkDeviceType_t, nvmlLedColor_t, nvmlMemoryErrorType_t,
        nvmlMemoryLocation_t, nvmlNvLinkCapability_t, nvmlNvLinkErrorCounter_t, nvmlPageRetirementCause_t,
        nvmlPcieLinkState_t, nvmlPcieUtilCounter_t, nvmlPerfPolicyType_t, nvmlPowerSource_t, nvmlPstates_t,
        nvmlRestrictedAPI_t, nvmlSamplingType_t, nvmlTemperatureSensors_t, nvmlTemperatureThresholds_t,
        nvmlValueType_t, nvmlVgpuCapability_t, nvmlVgpuDriverCapability_t, nvmlVgpuInstance_t, nvmlVgpuTypeId_t,
        nvmlVgpuVmIdType_t;
    c_uchar: nvmlGpuFabricState_t;
}

#[handle(invalid = NVML_ERROR_INVALID_ARGUMENT)]
type nvmlDevice_t = Handle;

// What only functions mention that are refused.
types! {
    Opaque: nvmlAccountingStats_t, nvmlActiveVgpuInstanceInfo_v1_t, nvmlBridgeChipHierarchy_t, nvmlC2cModeInfo_v1_t,
        nvmlClkMonStatus_t, nvmlClockOffset_v1_t, nvmlComputeInstanceInfo_t, nvmlComputeInstancePlacement_t,
        nvmlComputeInstanceProfileInfo_t, nvmlComputeInstanceProfileInfo_v2_t,
        nvmlConfComputeGetKeyRotationThresholdInfo_v1_t, nvmlConfComputeGpuAttestationReport_t,
        nvmlConfComputeGpuCertificate_t, nvmlConfComputeMemSizeInfo_t,
        nvmlConfComputeSetKeyRotationThresholdInfo_v1_t, nvmlConfComputeSystemCaps_t, nvmlConfComputeSystemState_t,
        nvmlCoolerInfo_v1_t, nvmlDeviceAddressingMode_v1_t, nvmlDeviceCapabilities_v1_t,
        nvmlDeviceCurrentClockFreqs_v1_t, nvmlDevicePerfModes_v1_t, nvmlDevicePowerMizerModes_v1_t,
        nvmlDramEncryptionInfo_v1_t, nvmlEccSramErrorStatus_v1_t, nvmlEccSramUniqueUncorrectedErrorCounts_v1_t,
        nvmlEncoderSessionInfo_t, nvmlEventData_t, nvmlExcludedDeviceInfo_t, nvmlFBCSessionInfo_t,
        nvmlGpmMetricsGet_t, nvmlGpmSupport_t, nvmlGpuDynamicPstatesInfo_t, nvmlGpuInstanceInfo_t,
        nvmlGpuInstancePlacement_t, nvmlGpuInstanceProfileInfo_t, nvmlGpuInstanceProfileInfo_v2_t,
        nvmlGpuThermalSettings_t, nvmlGridLicensableFeatures_t, nvmlHostname_v1_t, nvmlHwbcEntry_t, nvmlLedState_t,
        nvmlNvLinkInfo_v2_t, nvmlNvLinkPowerThres_t, nvmlNvLinkUtilizationControl_t, nvmlNvlinkGetBwMode_v1_t,
        nvmlNvlinkSetBwMode_v1_t, nvmlNvlinkSupportedBwModes_v1_t, nvmlPRMTLV_v1_t, nvmlPSUInfo_t, nvmlPdi_v1_t,
        nvmlPlatformInfo_v2_t, nvmlPowerSmoothingProfile_v1_t, nvmlPowerSmoothingState_v1_t, nvmlPowerValue_v2_t,
        nvmlProcessDetailList_v1_t, nvmlProcessUtilizationSample_t, nvmlProcessesUtilizationInfo_v1_t,
        nvmlRepairStatus_v1_t, nvmlSystemConfComputeSettings_v1_t, nvmlSystemEventSetCreateRequest_v1_t,
        nvmlSystemEventSetFreeRequest_v1_t, nvmlSystemEventSetWaitRequest_v1_t, nvmlSystemRegisterEventRequest_v1_t,
        nvmlUUID_v1_t, nvmlUnitFanSpeeds_t, nvmlUnitInfo_t, nvmlVgpuCreatablePlacementInfo_v1_t,
        nvmlVgpuHeterogeneousMode_v1_t, nvmlVgpuInstanceUtilizationSample_t, nvmlVgpuInstancesUtilizationInfo_v1_t,
        nvmlVgpuLicenseInfo_t, nvmlVgpuMetadata_t, nvmlVgpuPgpuCompatibility_t, nvmlVgpuPgpuMetadata_t,
        nvmlVgpuPlacementId_v1_t, nvmlVgpuPlacementList_v2_t, nvmlVgpuProcessUtilizationSample_t,
        nvmlVgpuProcessesUtilizationInfo_v1_t, nvmlVgpuRuntimeState_v1_t, nvmlVgpuSchedulerCapabilities_t,
        nvmlVgpuSchedulerGetState_t, nvmlVgpuSchedulerLogInfo_v1_t, nvmlVgpuSchedulerLog_t,
        nvmlVgpuSchedulerSetState_t, nvmlVgpuSchedulerStateInfo_v1_t, nvmlVgpuSchedulerState_v1_t,
        nvmlVgpuTypeBar1Info_v1_t, nvmlVgpuTypeIdInfo_v1_t, nvmlVgpuTypeMaxInstance_v1_t, nvmlVgpuVersion_t,
        nvmlWorkloadPowerProfileCurrentProfiles_v1_t, nvmlWorkloadPowerProfileProfilesInfo_v1_t,
        nvmlWorkloadPowerProfileRequestedProfiles_v1_t;
    *mut c_void: nvmlComputeInstance_t, nvmlEventSet_t, nvmlGpmSample_t, nvmlGpuInstance_t, nvmlSystemEventSet_t,
        nvmlUnit_t;
}

consts! {
    nvmlReturn_t: NVML_ERROR_UNINITIALIZED = 1, NVML_ERROR_INVALID_ARGUMENT = 2, NVML_ERROR_NOT_SUPPORTED = 3,
        NVML_ERROR_NO_PERMISSION = 4, NVML_ERROR_INSUFFICIENT_SIZE = 7, NVML_ERROR_DRIVER_NOT_LOADED = 9,
        NVML_ERROR_FUNCTION_NOT_FOUND = 13, NVML_ERROR_MEMORY = 20, NVML_ERROR_ARGUMENT_VERSION_MISMATCH = 25;
    c_uint: NVML_GSP_FIRMWARE_VERSION_BUF_SIZE = 64;
    // The size of a struct, and its version.
    c_uint: nvmlFanSpeedInfo_v1 = 0x100000c, nvmlGpuFabricInfo_v3 = 0x3000028, nvmlMarginTemperature_v1 = 0x1000008,
        nvmlMemory_v2 = 0x2000028, nvmlPciInfoExt_v1 = 0x1000040, nvmlSystemDriverBranchInfo_v1 = 0x1000054,
        nvmlTemperature_v1 = 0x100000c;
}

#[says(version = nvmlPciInfoExt_v1, otherwise = NVML_ERROR_ARGUMENT_VERSION_MISMATCH)]
struct nvmlPciInfoExt_v1_t {
    version: c_uint,
    domain: c_uint,
    bus: c_uint,
    device: c_uint,
    pciDeviceId: c_uint,
    pciSubSystemId: c_uint,
    baseClass: c_uint,
    subClass: c_uint,
    busId: [c_char; 32],
}

struct nvmlPciInfo_t {
    busIdLegacy: [c_char; 16],
    domain: c_uint,
    bus: c_uint,
    device: c_uint,
    pciDeviceId: c_uint,
    pciSubSystemId: c_uint,
    busId: [c_char; 32],
}

struct nvmlEccErrorCounts_t {
    l1Cache: c_ulonglong,
    l2Cache: c_ulonglong,
    deviceMemory: c_ulonglong,
    registerFile: c_ulonglong,
}

struct nvmlUtilization_t {
    gpu: c_uint,
    memory: c_uint,
}

struct nvmlMemory_t {
    total: c_ulonglong,
    free: c_ulonglong,
    used: c_ulonglong,
}

#[says(version = nvmlMemory_v2, otherwise = NVML_ERROR_ARGUMENT_VERSION_MISMATCH)]
struct nvmlMemory_v2_t {
    version: c_uint,
    total: c_ulonglong,
    reserved: c_ulonglong,
    free: c_ulonglong,
    used: c_ulonglong,
}

struct nvmlBAR1Memory_t {
    bar1Total: c_ulonglong,
    bar1Free: c_ulonglong,
    bar1Used: c_ulonglong,
}

struct nvmlProcessInfo_v1_t {
    pid: c_uint,
    usedGpuMemory: c_ulonglong,
}

struct nvmlProcessInfo_v2_t {
    pid: c_uint,
    usedGpuMemory: c_ulonglong,
    gpuInstanceId: c_uint,
    computeInstanceId: c_uint,
}

struct nvmlDeviceAttributes_t {
    multiprocessorCount: c_uint,
    sharedCopyEngineCount: c_uint,
    sharedDecoderCount: c_uint,
    sharedEncoderCount: c_uint,
    sharedJpegCount: c_uint,
    sharedOfaCount: c_uint,
    gpuInstanceSliceCount: c_uint,
    computeInstanceSliceCount: c_uint,
    memorySizeMB: c_ulonglong,
}

struct nvmlRowRemapperHistogramValues_t {
    max: c_uint,
    high: c_uint,
    partial: c_uint,
    low: c_uint,
    none: c_uint,
}

struct nvmlViolationTime_t {
    referenceTime: c_ulonglong,
    violationTime: c_ulonglong,
}

#[says(version = nvmlMarginTemperature_v1, otherwise = NVML_ERROR_ARGUMENT_VERSION_MISMATCH)]
struct nvmlMarginTemperature_v1_t {
    version: c_uint,
    marginTemperature: c_int,
}

#[says(version = nvmlFanSpeedInfo_v1, otherwise = NVML_ERROR_ARGUMENT_VERSION_MISMATCH)]
struct nvmlFanSpeedInfo_v1_t {
    version: c_uint,
    fan: c_uint,
    speed: c_uint,
}

struct nvmlFBCStats_t {
    sessionsCount: c_uint,
    averageFPS: c_uint,
    averageLatency: c_uint,
}

struct nvmlGpuFabricInfo_t {
    clusterUuid: [c_uchar; 16],
    status: nvmlReturn_t,
    cliqueId: c_uint,
    state: nvmlGpuFabricState_t,
}

#[says(version = nvmlGpuFabricInfo_v3, otherwise = NVML_ERROR_ARGUMENT_VERSION_MISMATCH)]
struct nvmlGpuFabricInfo_v3_t {
    version: c_uint,
    clusterUuid: [c_uchar; 16],
    status: nvmlReturn_t,
    cliqueId: c_uint,
    state: nvmlGpuFabricState_t,
    healthMask: c_uint,
    healthSummary: c_uchar,
}

#[says(version = nvmlSystemDriverBranchInfo_v1, otherwise = NVML_ERROR_ARGUMENT_VERSION_MISMATCH)]
struct nvmlSystemDriverBranchInfo_v1_t {
    version: c_uint,
    branch: [c_char; 80],
}

#[says(version = nvmlTemperature_v1, otherwise = NVML_ERROR_ARGUMENT_VERSION_MISMATCH)]
struct nvmlTemperature_v1_t {
    version: c_uint,
    sensorType: nvmlTemperatureSensors_t,
    temperature: c_int,
}

struct nvmlSample_t {
    timeStamp: c_ulonglong,
    sampleValue: [u64; 1],
}

struct nvmlFieldValue_t {
    fieldId: c_uint,
    scopeId: c_uint,
    timestamp: c_longlong,
    latencyUsec: c_longlong,
    valueType: nvmlValueType_t,
    nvmlReturn: nvmlReturn_t,
    value: [u64; 1],
}

// The library.

extern "C" {
    #[afresh]
    #[custom(shim)]
    #[no_broker(status = NVML_ERROR_DRIVER_NOT_LOADED)]
    fn nvmlInit_v2() -> nvmlReturn_t;
    #[afresh]
    #[custom(shim)]
    #[no_broker(status = NVML_ERROR_DRIVER_NOT_LOADED)]
    fn nvmlInitWithFlags(flags: c_uint) -> nvmlReturn_t;
    /// A library that was lost with its worker is shut down in the shim.
    #[custom(shim)]
    fn nvmlShutdown() -> nvmlReturn_t;
    #[afresh]
    #[custom(shim)]
    #[no_broker(status = NVML_ERROR_DRIVER_NOT_LOADED)]
    fn nvmlInit() -> nvmlReturn_t;
}

#[local]
extern "C" {
    fn nvmlErrorString(result: nvmlReturn_t) -> Option<&CStr>;
}

extern "C" {
    fn nvmlSystemGetDriverVersion(version: Option<Out<[c_char; length]>>, length: c_uint) -> nvmlReturn_t;
    fn nvmlSystemGetNVMLVersion(version: Option<Out<[c_char; length]>>, length: c_uint) -> nvmlReturn_t;
    fn nvmlSystemGetCudaDriverVersion(cudaDriverVersion: Option<Out<c_int>>) -> nvmlReturn_t;
    fn nvmlSystemGetCudaDriverVersion_v2(cudaDriverVersion: Option<Out<c_int>>) -> nvmlReturn_t;
    fn nvmlSystemGetDriverBranch(
        branchInfo: Option<&mut nvmlSystemDriverBranchInfo_v1_t>,
        length: c_uint,
    ) -> nvmlReturn_t;
}

// Devices: how they are found.

extern "C" {
    fn nvmlDeviceGetCount_v2(deviceCount: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetHandleByIndex_v2(index: c_uint, device: Option<Out<nvmlDevice_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetHandleBySerial(serial: Option<&CStr>, device: Option<Out<nvmlDevice_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetHandleByUUID(uuid: Option<&CStr>, device: Option<Out<nvmlDevice_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetHandleByPciBusId_v2(pciBusId: Option<&CStr>, device: Option<Out<nvmlDevice_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetMigDeviceHandleByIndex(
        device: nvmlDevice_t,
        index: c_uint,
        migDevice: Option<Out<nvmlDevice_t>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetDeviceHandleFromMigDeviceHandle(
        migDevice: nvmlDevice_t,
        device: Option<Out<nvmlDevice_t>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetCount(deviceCount: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetHandleByIndex(index: c_uint, device: Option<Out<nvmlDevice_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetHandleByPciBusId(pciBusId: Option<&CStr>, device: Option<Out<nvmlDevice_t>>) -> nvmlReturn_t;
}

// What they are.

extern "C" {
    fn nvmlDeviceGetAttributes_v2(
        device: nvmlDevice_t,
        attributes: Option<Out<nvmlDeviceAttributes_t>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetName(device: nvmlDevice_t, name: Option<Out<[c_char; length]>>, length: c_uint) -> nvmlReturn_t;
    fn nvmlDeviceGetBrand(device: nvmlDevice_t, r#type: Option<Out<nvmlBrandType_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetIndex(device: nvmlDevice_t, index: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetSerial(device: nvmlDevice_t, serial: Option<Out<[c_char; length]>>, length: c_uint)
    -> nvmlReturn_t;
    fn nvmlDeviceGetModuleId(device: nvmlDevice_t, moduleId: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetUUID(device: nvmlDevice_t, uuid: Option<Out<[c_char; length]>>, length: c_uint) -> nvmlReturn_t;
    fn nvmlDeviceGetMinorNumber(device: nvmlDevice_t, minorNumber: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetBoardPartNumber(
        device: nvmlDevice_t,
        partNumber: Option<Out<[c_char; length]>>,
        length: c_uint,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetInforomVersion(
        device: nvmlDevice_t,
        object: nvmlInforomObject_t,
        version: Option<Out<[c_char; length]>>,
        length: c_uint,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetInforomImageVersion(
        device: nvmlDevice_t,
        version: Option<Out<[c_char; length]>>,
        length: c_uint,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetCudaComputeCapability(
        device: nvmlDevice_t,
        major: Option<Out<c_int>>,
        minor: Option<Out<c_int>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetBoardId(device: nvmlDevice_t, boardId: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetMultiGpuBoard(device: nvmlDevice_t, multiGpuBool: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetVbiosVersion(
        device: nvmlDevice_t,
        version: Option<Out<[c_char; length]>>,
        length: c_uint,
    ) -> nvmlReturn_t;
    fn nvmlDeviceOnSameBoard(
        device1: nvmlDevice_t,
        device2: nvmlDevice_t,
        onSameBoard: Option<Out<c_int>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetIrqNum(device: nvmlDevice_t, irqNum: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetNumGpuCores(device: nvmlDevice_t, numCores: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetBusType(device: nvmlDevice_t, r#type: Option<Out<nvmlBusType_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetGspFirmwareMode(
        device: nvmlDevice_t,
        isEnabled: Option<Out<c_uint>>,
        defaultMode: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetArchitecture(device: nvmlDevice_t, arch: Option<Out<nvmlDeviceArchitecture_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetVirtualizationMode(
        device: nvmlDevice_t,
        pVirtualMode: Option<Out<nvmlGpuVirtualizationMode_t>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetMigMode(
        device: nvmlDevice_t,
        currentMode: Option<Out<c_uint>>,
        pendingMode: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceIsMigDeviceHandle(device: nvmlDevice_t, isMigDevice: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetGpuInstanceId(device: nvmlDevice_t, id: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetComputeInstanceId(device: nvmlDevice_t, id: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetMaxMigDeviceCount(device: nvmlDevice_t, count: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetAttributes(device: nvmlDevice_t, attributes: Option<Out<nvmlDeviceAttributes_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetGspFirmwareVersion(
        device: nvmlDevice_t,
        version: Option<Out<[c_char; NVML_GSP_FIRMWARE_VERSION_BUF_SIZE]>>,
    ) -> nvmlReturn_t;
}

// Where they are on the bus.

extern "C" {
    fn nvmlDeviceGetPciInfoExt(device: nvmlDevice_t, pci: Option<&mut nvmlPciInfoExt_v1_t>) -> nvmlReturn_t;
    fn nvmlDeviceGetPciInfo_v3(device: nvmlDevice_t, pci: Option<Out<nvmlPciInfo_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetMaxPcieLinkGeneration(device: nvmlDevice_t, maxLinkGen: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetGpuMaxPcieLinkGeneration(
        device: nvmlDevice_t,
        maxLinkGenDevice: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetMaxPcieLinkWidth(device: nvmlDevice_t, maxLinkWidth: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetCurrPcieLinkGeneration(device: nvmlDevice_t, currLinkGen: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetCurrPcieLinkWidth(device: nvmlDevice_t, currLinkWidth: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetPcieThroughput(
        device: nvmlDevice_t,
        counter: nvmlPcieUtilCounter_t,
        value: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetPcieReplayCounter(device: nvmlDevice_t, value: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetPcieLinkMaxSpeed(device: nvmlDevice_t, maxSpeed: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetPcieSpeed(device: nvmlDevice_t, pcieSpeed: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetPciInfo(device: nvmlDevice_t, pci: Option<Out<nvmlPciInfo_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetPciInfo_v2(device: nvmlDevice_t, pci: Option<Out<nvmlPciInfo_t>>) -> nvmlReturn_t;
}

// Where they are beside each other and processors.

extern "C" {
    #[written(deviceArray = count)]
    fn nvmlSystemGetTopologyGpuSet(
        cpuNumber: c_uint,
        count: Option<&mut c_uint>,
        deviceArray: Option<Out<[nvmlDevice_t; count]>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetMemoryAffinity(
        device: nvmlDevice_t,
        nodeSetSize: c_uint,
        nodeSet: Option<Out<[c_ulong; nodeSetSize]>>,
        scope: nvmlAffinityScope_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetCpuAffinityWithinScope(
        device: nvmlDevice_t,
        cpuSetSize: c_uint,
        cpuSet: Option<Out<[c_ulong; cpuSetSize]>>,
        scope: nvmlAffinityScope_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetCpuAffinity(
        device: nvmlDevice_t,
        cpuSetSize: c_uint,
        cpuSet: Option<Out<[c_ulong; cpuSetSize]>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetNumaNodeId(device: nvmlDevice_t, node: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetTopologyCommonAncestor(
        device1: nvmlDevice_t,
        device2: nvmlDevice_t,
        pathInfo: Option<Out<nvmlGpuTopologyLevel_t>>,
    ) -> nvmlReturn_t;
    #[written(deviceArray = count)]
    fn nvmlDeviceGetTopologyNearestGpus(
        device: nvmlDevice_t,
        level: nvmlGpuTopologyLevel_t,
        count: Option<&mut c_uint>,
        deviceArray: Option<Out<[nvmlDevice_t; count]>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetP2PStatus(
        device1: nvmlDevice_t,
        device2: nvmlDevice_t,
        p2pIndex: nvmlGpuP2PCapsIndex_t,
        p2pStatus: Option<Out<nvmlGpuP2PStatus_t>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetGpuFabricInfo(
        device: nvmlDevice_t,
        gpuFabricInfo: Option<Out<nvmlGpuFabricInfo_t>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetGpuFabricInfoV(
        device: nvmlDevice_t,
        gpuFabricInfo: Option<&mut nvmlGpuFabricInfo_v3_t>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetNvLinkState(
        device: nvmlDevice_t,
        link: c_uint,
        isActive: Option<Out<nvmlEnableState_t>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetNvLinkVersion(device: nvmlDevice_t, link: c_uint, version: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetNvLinkCapability(
        device: nvmlDevice_t,
        link: c_uint,
        capability: nvmlNvLinkCapability_t,
        capResult: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetNvLinkRemotePciInfo_v2(
        device: nvmlDevice_t,
        link: c_uint,
        pci: Option<Out<nvmlPciInfo_t>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetNvLinkErrorCounter(
        device: nvmlDevice_t,
        link: c_uint,
        counter: nvmlNvLinkErrorCounter_t,
        counterValue: Option<Out<c_ulonglong>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetNvLinkRemoteDeviceType(
        device: nvmlDevice_t,
        link: c_uint,
        pNvLinkDeviceType: Option<Out<nvmlIntNvLinkDeviceType_t>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetNvLinkRemotePciInfo(
        device: nvmlDevice_t,
        link: c_uint,
        pci: Option<Out<nvmlPciInfo_t>>,
    ) -> nvmlReturn_t;
}

// Memory.

extern "C" {
    /// What is told of the memory goes by what the session may have.
    #[custom(worker)]
    fn nvmlDeviceGetMemoryInfo(device: nvmlDevice_t, memory: Option<Out<nvmlMemory_t>>) -> nvmlReturn_t;
    /// What is told of the memory goes by what the session may have.
    #[custom(worker)]
    fn nvmlDeviceGetMemoryInfo_v2(device: nvmlDevice_t, memory: Option<&mut nvmlMemory_v2_t>) -> nvmlReturn_t;
    fn nvmlDeviceGetEccMode(
        device: nvmlDevice_t,
        current: Option<Out<nvmlEnableState_t>>,
        pending: Option<Out<nvmlEnableState_t>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetDefaultEccMode(device: nvmlDevice_t, defaultMode: Option<Out<nvmlEnableState_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetTotalEccErrors(
        device: nvmlDevice_t,
        errorType: nvmlMemoryErrorType_t,
        counterType: nvmlEccCounterType_t,
        eccCounts: Option<Out<c_ulonglong>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetDetailedEccErrors(
        device: nvmlDevice_t,
        errorType: nvmlMemoryErrorType_t,
        counterType: nvmlEccCounterType_t,
        eccCounts: Option<Out<nvmlEccErrorCounts_t>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetMemoryErrorCounter(
        device: nvmlDevice_t,
        errorType: nvmlMemoryErrorType_t,
        counterType: nvmlEccCounterType_t,
        locationType: nvmlMemoryLocation_t,
        count: Option<Out<c_ulonglong>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetBAR1MemoryInfo(device: nvmlDevice_t, bar1Memory: Option<Out<nvmlBAR1Memory_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetMemoryBusWidth(device: nvmlDevice_t, busWidth: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetRetiredPagesPendingStatus(
        device: nvmlDevice_t,
        isPending: Option<Out<nvmlEnableState_t>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetRemappedRows(
        device: nvmlDevice_t,
        corrRows: Option<Out<c_uint>>,
        uncRows: Option<Out<c_uint>>,
        isPending: Option<Out<c_uint>>,
        failureOccurred: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetRowRemapperHistogram(
        device: nvmlDevice_t,
        values: Option<Out<nvmlRowRemapperHistogramValues_t>>,
    ) -> nvmlReturn_t;
}

// How they are set, and what state they are in.

extern "C" {
    fn nvmlDeviceGetDisplayMode(device: nvmlDevice_t, display: Option<Out<nvmlEnableState_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetDisplayActive(device: nvmlDevice_t, isActive: Option<Out<nvmlEnableState_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetPersistenceMode(device: nvmlDevice_t, mode: Option<Out<nvmlEnableState_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetPerformanceState(device: nvmlDevice_t, pState: Option<Out<nvmlPstates_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetCurrentClocksEventReasons(
        device: nvmlDevice_t,
        clocksEventReasons: Option<Out<c_ulonglong>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetCurrentClocksThrottleReasons(
        device: nvmlDevice_t,
        clocksThrottleReasons: Option<Out<c_ulonglong>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetSupportedClocksEventReasons(
        device: nvmlDevice_t,
        supportedClocksEventReasons: Option<Out<c_ulonglong>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetSupportedClocksThrottleReasons(
        device: nvmlDevice_t,
        supportedClocksThrottleReasons: Option<Out<c_ulonglong>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetPowerState(device: nvmlDevice_t, pState: Option<Out<nvmlPstates_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetGpuOperationMode(
        device: nvmlDevice_t,
        current: Option<Out<nvmlGpuOperationMode_t>>,
        pending: Option<Out<nvmlGpuOperationMode_t>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetComputeMode(device: nvmlDevice_t, mode: Option<Out<nvmlComputeMode_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetAPIRestriction(
        device: nvmlDevice_t,
        apiType: nvmlRestrictedAPI_t,
        isRestricted: Option<Out<nvmlEnableState_t>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetViolationStatus(
        device: nvmlDevice_t,
        perfPolicyType: nvmlPerfPolicyType_t,
        violTime: Option<Out<nvmlViolationTime_t>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetAdaptiveClockInfoStatus(
        device: nvmlDevice_t,
        adaptiveClockStatus: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetAccountingMode(device: nvmlDevice_t, mode: Option<Out<nvmlEnableState_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetAccountingBufferSize(device: nvmlDevice_t, bufferSize: Option<Out<c_uint>>) -> nvmlReturn_t;
}

// Clocks.

extern "C" {
    fn nvmlDeviceGetClockInfo(
        device: nvmlDevice_t,
        r#type: nvmlClockType_t,
        clock: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetMaxClockInfo(
        device: nvmlDevice_t,
        r#type: nvmlClockType_t,
        clock: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetApplicationsClock(
        device: nvmlDevice_t,
        clockType: nvmlClockType_t,
        clockMHz: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetDefaultApplicationsClock(
        device: nvmlDevice_t,
        clockType: nvmlClockType_t,
        clockMHz: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetClock(
        device: nvmlDevice_t,
        clockType: nvmlClockType_t,
        clockId: nvmlClockId_t,
        clockMHz: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetMaxCustomerBoostClock(
        device: nvmlDevice_t,
        clockType: nvmlClockType_t,
        clockMHz: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    #[written(clocksMHz = count)]
    fn nvmlDeviceGetSupportedMemoryClocks(
        device: nvmlDevice_t,
        count: Option<&mut c_uint>,
        clocksMHz: Option<Out<[c_uint; count]>>,
    ) -> nvmlReturn_t;
    #[written(clocksMHz = count)]
    fn nvmlDeviceGetSupportedGraphicsClocks(
        device: nvmlDevice_t,
        memoryClockMHz: c_uint,
        count: Option<&mut c_uint>,
        clocksMHz: Option<Out<[c_uint; count]>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetAutoBoostedClocksEnabled(
        device: nvmlDevice_t,
        isEnabled: Option<Out<nvmlEnableState_t>>,
        defaultIsEnabled: Option<Out<nvmlEnableState_t>>,
    ) -> nvmlReturn_t;
}

// Loads, temperature, power, fans.

extern "C" {
    fn nvmlDeviceGetFanSpeed(device: nvmlDevice_t, speed: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetFanSpeed_v2(device: nvmlDevice_t, fan: c_uint, speed: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetFanSpeedRPM(device: nvmlDevice_t, fanSpeed: Option<&mut nvmlFanSpeedInfo_v1_t>) -> nvmlReturn_t;
    fn nvmlDeviceGetTargetFanSpeed(device: nvmlDevice_t, fan: c_uint, targetSpeed: Option<Out<c_uint>>)
    -> nvmlReturn_t;
    fn nvmlDeviceGetMinMaxFanSpeed(
        device: nvmlDevice_t,
        minSpeed: Option<Out<c_uint>>,
        maxSpeed: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetNumFans(device: nvmlDevice_t, numFans: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetTemperature(
        device: nvmlDevice_t,
        sensorType: nvmlTemperatureSensors_t,
        temp: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    /// Where the library lacks it, the worker asks by the older function.
    #[custom(worker)]
    fn nvmlDeviceGetTemperatureV(device: nvmlDevice_t, temperature: Option<&mut nvmlTemperature_v1_t>) -> nvmlReturn_t;
    fn nvmlDeviceGetTemperatureThreshold(
        device: nvmlDevice_t,
        thresholdType: nvmlTemperatureThresholds_t,
        temp: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetMarginTemperature(
        device: nvmlDevice_t,
        marginTempInfo: Option<&mut nvmlMarginTemperature_v1_t>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetPowerManagementMode(device: nvmlDevice_t, mode: Option<Out<nvmlEnableState_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetPowerManagementLimit(device: nvmlDevice_t, limit: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetPowerManagementLimitConstraints(
        device: nvmlDevice_t,
        minLimit: Option<Out<c_uint>>,
        maxLimit: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetPowerManagementDefaultLimit(
        device: nvmlDevice_t,
        defaultLimit: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetPowerUsage(device: nvmlDevice_t, power: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetTotalEnergyConsumption(device: nvmlDevice_t, energy: Option<Out<c_ulonglong>>) -> nvmlReturn_t;
    fn nvmlDeviceGetEnforcedPowerLimit(device: nvmlDevice_t, limit: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetUtilizationRates(device: nvmlDevice_t, utilization: Option<Out<nvmlUtilization_t>>)
    -> nvmlReturn_t;
    fn nvmlDeviceGetEncoderUtilization(
        device: nvmlDevice_t,
        utilization: Option<Out<c_uint>>,
        samplingPeriodUs: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetEncoderCapacity(
        device: nvmlDevice_t,
        encoderQueryType: nvmlEncoderType_t,
        encoderCapacity: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetEncoderStats(
        device: nvmlDevice_t,
        sessionCount: Option<Out<c_uint>>,
        averageFps: Option<Out<c_uint>>,
        averageLatency: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetDecoderUtilization(
        device: nvmlDevice_t,
        utilization: Option<Out<c_uint>>,
        samplingPeriodUs: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetJpgUtilization(
        device: nvmlDevice_t,
        utilization: Option<Out<c_uint>>,
        samplingPeriodUs: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetOfaUtilization(
        device: nvmlDevice_t,
        utilization: Option<Out<c_uint>>,
        samplingPeriodUs: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetFBCStats(device: nvmlDevice_t, fbcStats: Option<Out<nvmlFBCStats_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetPowerSource(device: nvmlDevice_t, powerSource: Option<Out<nvmlPowerSource_t>>) -> nvmlReturn_t;
    #[written(samples = sampleCount)]
    fn nvmlDeviceGetSamples(
        device: nvmlDevice_t,
        r#type: nvmlSamplingType_t,
        lastSeenTimeStamp: c_ulonglong,
        sampleValType: Option<Out<nvmlValueType_t>>,
        sampleCount: Option<&mut c_uint>,
        samples: Option<Out<[nvmlSample_t; sampleCount]>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetFieldValues(
        device: nvmlDevice_t,
        valuesCount: c_int,
        values: Option<&mut [nvmlFieldValue_t; valuesCount]>,
    ) -> nvmlReturn_t;
}

// Processes: a program sees itself, by its own number. The library would tell of the workers of all users, which are other
// processes. So nothing of this crosses.

#[local]
extern "C" {
    fn nvmlSystemGetProcessName(pid: c_uint, name: *mut c_char, length: c_uint) -> nvmlReturn_t;
    fn nvmlDeviceGetComputeRunningProcesses_v3(
        device: nvmlDevice_t,
        infoCount: *mut c_uint,
        infos: *mut nvmlProcessInfo_v2_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetGraphicsRunningProcesses_v3(
        device: nvmlDevice_t,
        infoCount: *mut c_uint,
        infos: *mut nvmlProcessInfo_v2_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetComputeRunningProcesses(
        device: nvmlDevice_t,
        infoCount: *mut c_uint,
        infos: *mut nvmlProcessInfo_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetComputeRunningProcesses_v2(
        device: nvmlDevice_t,
        infoCount: *mut c_uint,
        infos: *mut nvmlProcessInfo_v2_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetGraphicsRunningProcesses(
        device: nvmlDevice_t,
        infoCount: *mut c_uint,
        infos: *mut nvmlProcessInfo_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetGraphicsRunningProcesses_v2(
        device: nvmlDevice_t,
        infoCount: *mut c_uint,
        infos: *mut nvmlProcessInfo_v2_t,
    ) -> nvmlReturn_t;
}

// What tells of processes tells of those of all users. The process itself is in the lists of running ones.
#[unsupported(status = NVML_ERROR_NO_PERMISSION, why = "it tells of the processes of others")]
extern "C" {
    fn nvmlDeviceGetEncoderSessions(
        device: nvmlDevice_t,
        sessionCount: Option<&mut c_uint>,
        sessionInfos: *mut nvmlEncoderSessionInfo_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetFBCSessions(
        device: nvmlDevice_t,
        sessionCount: Option<&mut c_uint>,
        sessionInfo: *mut nvmlFBCSessionInfo_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetMPSComputeRunningProcesses_v3(
        device: nvmlDevice_t,
        infoCount: Option<&mut c_uint>,
        infos: *mut nvmlProcessInfo_v2_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetRunningProcessDetailList(
        device: nvmlDevice_t,
        plist: *mut nvmlProcessDetailList_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetAccountingStats(
        device: nvmlDevice_t,
        pid: c_uint,
        stats: *mut nvmlAccountingStats_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetAccountingPids(
        device: nvmlDevice_t,
        count: Option<&mut c_uint>,
        pids: Option<Out<[c_uint; count]>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetProcessUtilization(
        device: nvmlDevice_t,
        utilization: *mut nvmlProcessUtilizationSample_t,
        processSamplesCount: Option<&mut c_uint>,
        lastSeenTimeStamp: c_ulonglong,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetMPSComputeRunningProcesses(
        device: nvmlDevice_t,
        infoCount: Option<&mut c_uint>,
        infos: *mut nvmlProcessInfo_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetMPSComputeRunningProcesses_v2(
        device: nvmlDevice_t,
        infoCount: Option<&mut c_uint>,
        infos: *mut nvmlProcessInfo_v2_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetProcessesUtilizationInfo(
        device: nvmlDevice_t,
        procesesUtilInfo: *mut nvmlProcessesUtilizationInfo_v1_t,
    ) -> nvmlReturn_t;
}

// What a user without privileges may not natively either, or may and should not where others use the device.
#[unsupported(status = NVML_ERROR_NO_PERMISSION, why = "it changes the device for all its users")]
extern "C" {
    fn nvmlDeviceValidateInforom(device: nvmlDevice_t) -> nvmlReturn_t;
    fn nvmlDeviceSetClockOffsets(device: nvmlDevice_t, info: *mut nvmlClockOffset_v1_t) -> nvmlReturn_t;
    fn nvmlDeviceSetPowerMizerMode_v1(
        device: nvmlDevice_t,
        powerMizerMode: *mut nvmlDevicePowerMizerModes_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceSetDramEncryptionMode(
        device: nvmlDevice_t,
        dramEncryption: *const nvmlDramEncryptionInfo_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceSetConfComputeUnprotectedMemSize(device: nvmlDevice_t, sizeKiB: c_ulonglong) -> nvmlReturn_t;
    fn nvmlSystemSetConfComputeGpusReadyState(isAcceptingWork: c_uint) -> nvmlReturn_t;
    fn nvmlSystemSetConfComputeKeyRotationThresholdInfo(
        pKeyRotationThrInfo: *mut nvmlConfComputeSetKeyRotationThresholdInfo_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceSetPowerManagementLimit_v2(device: nvmlDevice_t, powerValue: *mut nvmlPowerValue_v2_t)
    -> nvmlReturn_t;
    fn nvmlDeviceSetHostname_v1(device: nvmlDevice_t, hostname: *mut nvmlHostname_v1_t) -> nvmlReturn_t;
    fn nvmlUnitSetLedState(unit: nvmlUnit_t, color: nvmlLedColor_t) -> nvmlReturn_t;
    fn nvmlDeviceSetPersistenceMode(device: nvmlDevice_t, mode: nvmlEnableState_t) -> nvmlReturn_t;
    fn nvmlDeviceSetComputeMode(device: nvmlDevice_t, mode: nvmlComputeMode_t) -> nvmlReturn_t;
    fn nvmlDeviceSetEccMode(device: nvmlDevice_t, ecc: nvmlEnableState_t) -> nvmlReturn_t;
    fn nvmlDeviceClearEccErrorCounts(device: nvmlDevice_t, counterType: nvmlEccCounterType_t) -> nvmlReturn_t;
    fn nvmlDeviceSetDriverModel(device: nvmlDevice_t, driverModel: nvmlDriverModel_t, flags: c_uint) -> nvmlReturn_t;
    fn nvmlDeviceSetGpuLockedClocks(
        device: nvmlDevice_t,
        minGpuClockMHz: c_uint,
        maxGpuClockMHz: c_uint,
    ) -> nvmlReturn_t;
    fn nvmlDeviceResetGpuLockedClocks(device: nvmlDevice_t) -> nvmlReturn_t;
    fn nvmlDeviceSetMemoryLockedClocks(
        device: nvmlDevice_t,
        minMemClockMHz: c_uint,
        maxMemClockMHz: c_uint,
    ) -> nvmlReturn_t;
    fn nvmlDeviceResetMemoryLockedClocks(device: nvmlDevice_t) -> nvmlReturn_t;
    fn nvmlDeviceSetApplicationsClocks(
        device: nvmlDevice_t,
        memClockMHz: c_uint,
        graphicsClockMHz: c_uint,
    ) -> nvmlReturn_t;
    fn nvmlDeviceResetApplicationsClocks(device: nvmlDevice_t) -> nvmlReturn_t;
    fn nvmlDeviceSetAutoBoostedClocksEnabled(device: nvmlDevice_t, enabled: nvmlEnableState_t) -> nvmlReturn_t;
    fn nvmlDeviceSetDefaultAutoBoostedClocksEnabled(
        device: nvmlDevice_t,
        enabled: nvmlEnableState_t,
        flags: c_uint,
    ) -> nvmlReturn_t;
    fn nvmlDeviceSetDefaultFanSpeed_v2(device: nvmlDevice_t, fan: c_uint) -> nvmlReturn_t;
    fn nvmlDeviceSetFanControlPolicy(device: nvmlDevice_t, fan: c_uint, policy: nvmlFanControlPolicy_t)
    -> nvmlReturn_t;
    fn nvmlDeviceSetTemperatureThreshold(
        device: nvmlDevice_t,
        thresholdType: nvmlTemperatureThresholds_t,
        temp: Option<Out<c_int>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceSetPowerManagementLimit(device: nvmlDevice_t, limit: c_uint) -> nvmlReturn_t;
    fn nvmlDeviceSetGpuOperationMode(device: nvmlDevice_t, mode: nvmlGpuOperationMode_t) -> nvmlReturn_t;
    fn nvmlDeviceSetAPIRestriction(
        device: nvmlDevice_t,
        apiType: nvmlRestrictedAPI_t,
        isRestricted: nvmlEnableState_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceSetFanSpeed_v2(device: nvmlDevice_t, fan: c_uint, speed: c_uint) -> nvmlReturn_t;
    fn nvmlDeviceSetGpcClkVfOffset(device: nvmlDevice_t, offset: c_int) -> nvmlReturn_t;
    fn nvmlDeviceSetMemClkVfOffset(device: nvmlDevice_t, offset: c_int) -> nvmlReturn_t;
    fn nvmlDeviceSetAccountingMode(device: nvmlDevice_t, mode: nvmlEnableState_t) -> nvmlReturn_t;
    fn nvmlDeviceClearAccountingPids(device: nvmlDevice_t) -> nvmlReturn_t;
    fn nvmlDeviceResetNvLinkErrorCounters(device: nvmlDevice_t, link: c_uint) -> nvmlReturn_t;
    fn nvmlDeviceSetNvLinkUtilizationControl(
        device: nvmlDevice_t,
        link: c_uint,
        counter: c_uint,
        control: *mut nvmlNvLinkUtilizationControl_t,
        reset: c_uint,
    ) -> nvmlReturn_t;
    fn nvmlDeviceFreezeNvLinkUtilizationCounter(
        device: nvmlDevice_t,
        link: c_uint,
        counter: c_uint,
        freeze: nvmlEnableState_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceResetNvLinkUtilizationCounter(device: nvmlDevice_t, link: c_uint, counter: c_uint) -> nvmlReturn_t;
    fn nvmlDeviceSetNvLinkDeviceLowPowerThreshold(
        device: nvmlDevice_t,
        info: *mut nvmlNvLinkPowerThres_t,
    ) -> nvmlReturn_t;
    fn nvmlSystemSetNvlinkBwMode(nvlinkBwMode: c_uint) -> nvmlReturn_t;
    fn nvmlDeviceSetNvlinkBwMode(device: nvmlDevice_t, setBwMode: *mut nvmlNvlinkSetBwMode_v1_t) -> nvmlReturn_t;
    fn nvmlDeviceModifyDrainState(pciInfo: *mut nvmlPciInfo_t, newState: nvmlEnableState_t) -> nvmlReturn_t;
    fn nvmlDeviceRemoveGpu_v2(
        pciInfo: *mut nvmlPciInfo_t,
        gpuState: nvmlDetachGpuState_t,
        linkState: nvmlPcieLinkState_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceDiscoverGpus(pciInfo: *mut nvmlPciInfo_t) -> nvmlReturn_t;
    fn nvmlDeviceSetVirtualizationMode(device: nvmlDevice_t, virtualMode: nvmlGpuVirtualizationMode_t) -> nvmlReturn_t;
    fn nvmlDeviceReadWritePRM_v1(device: nvmlDevice_t, buffer: *mut nvmlPRMTLV_v1_t) -> nvmlReturn_t;
    fn nvmlDeviceSetMigMode(
        device: nvmlDevice_t,
        mode: c_uint,
        activationStatus: Option<Out<nvmlReturn_t>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceCreateGpuInstance(
        device: nvmlDevice_t,
        profileId: c_uint,
        gpuInstance: *mut nvmlGpuInstance_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceCreateGpuInstanceWithPlacement(
        device: nvmlDevice_t,
        profileId: c_uint,
        placement: *const nvmlGpuInstancePlacement_t,
        gpuInstance: *mut nvmlGpuInstance_t,
    ) -> nvmlReturn_t;
    fn nvmlGpuInstanceDestroy(gpuInstance: nvmlGpuInstance_t) -> nvmlReturn_t;
    fn nvmlGpuInstanceCreateComputeInstance(
        gpuInstance: nvmlGpuInstance_t,
        profileId: c_uint,
        computeInstance: *mut nvmlComputeInstance_t,
    ) -> nvmlReturn_t;
    fn nvmlGpuInstanceCreateComputeInstanceWithPlacement(
        gpuInstance: nvmlGpuInstance_t,
        profileId: c_uint,
        placement: *const nvmlComputeInstancePlacement_t,
        computeInstance: *mut nvmlComputeInstance_t,
    ) -> nvmlReturn_t;
    fn nvmlComputeInstanceDestroy(computeInstance: nvmlComputeInstance_t) -> nvmlReturn_t;
    fn nvmlGpmSetStreamingEnabled(device: nvmlDevice_t, state: c_uint) -> nvmlReturn_t;
    fn nvmlDeviceWorkloadPowerProfileSetRequestedProfiles(
        device: nvmlDevice_t,
        requestedProfiles: *mut nvmlWorkloadPowerProfileRequestedProfiles_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceWorkloadPowerProfileClearRequestedProfiles(
        device: nvmlDevice_t,
        requestedProfiles: *mut nvmlWorkloadPowerProfileRequestedProfiles_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDevicePowerSmoothingActivatePresetProfile(
        device: nvmlDevice_t,
        profile: *mut nvmlPowerSmoothingProfile_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDevicePowerSmoothingUpdatePresetProfileParam(
        device: nvmlDevice_t,
        profile: *mut nvmlPowerSmoothingProfile_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDevicePowerSmoothingSetState(device: nvmlDevice_t, state: *mut nvmlPowerSmoothingState_v1_t)
    -> nvmlReturn_t;
    fn nvmlDeviceRemoveGpu(pciInfo: *mut nvmlPciInfo_t) -> nvmlReturn_t;
    fn nvmlDeviceClearFieldValues(
        device: nvmlDevice_t,
        valuesCount: c_int,
        values: *mut nvmlFieldValue_t,
    ) -> nvmlReturn_t;
}

#[unsupported(status = NVML_ERROR_NOT_SUPPORTED, why = "virtual GPUs are the administrator's")]
extern "C" {
    fn nvmlDeviceGetHostVgpuMode(device: nvmlDevice_t, pHostVgpuMode: Option<Out<nvmlHostVgpuMode_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetVgpuHeterogeneousMode(
        device: nvmlDevice_t,
        pHeterogeneousMode: *mut nvmlVgpuHeterogeneousMode_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceSetVgpuHeterogeneousMode(
        device: nvmlDevice_t,
        pHeterogeneousMode: *const nvmlVgpuHeterogeneousMode_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetPlacementId(
        vgpuInstance: nvmlVgpuInstance_t,
        pPlacement: *mut nvmlVgpuPlacementId_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlVgpuTypeGetGspHeapSize(vgpuTypeId: nvmlVgpuTypeId_t, gspHeapSize: Option<Out<c_ulonglong>>) -> nvmlReturn_t;
    fn nvmlVgpuTypeGetFbReservation(
        vgpuTypeId: nvmlVgpuTypeId_t,
        fbReservation: Option<Out<c_ulonglong>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetRuntimeStateSize(
        vgpuInstance: nvmlVgpuInstance_t,
        pState: *mut nvmlVgpuRuntimeState_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceSetVgpuCapabilities(
        device: nvmlDevice_t,
        capability: nvmlDeviceVgpuCapability_t,
        state: nvmlEnableState_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetGridLicensableFeatures_v4(
        device: nvmlDevice_t,
        pGridLicensableFeatures: *mut nvmlGridLicensableFeatures_t,
    ) -> nvmlReturn_t;
    fn nvmlGetVgpuDriverCapabilities(
        capability: nvmlVgpuDriverCapability_t,
        capResult: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetVgpuCapabilities(
        device: nvmlDevice_t,
        capability: nvmlDeviceVgpuCapability_t,
        capResult: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetSupportedVgpus(
        device: nvmlDevice_t,
        vgpuCount: Option<&mut c_uint>,
        vgpuTypeIds: Option<Out<[nvmlVgpuTypeId_t; vgpuCount]>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetCreatableVgpus(
        device: nvmlDevice_t,
        vgpuCount: Option<&mut c_uint>,
        vgpuTypeIds: Option<Out<[nvmlVgpuTypeId_t; vgpuCount]>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuTypeGetClass(
        vgpuTypeId: nvmlVgpuTypeId_t,
        vgpuTypeClass: Option<Out<[c_char; size]>>,
        size: Option<&mut c_uint>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuTypeGetName(
        vgpuTypeId: nvmlVgpuTypeId_t,
        vgpuTypeName: Option<Out<[c_char; size]>>,
        size: Option<&mut c_uint>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuTypeGetGpuInstanceProfileId(
        vgpuTypeId: nvmlVgpuTypeId_t,
        gpuInstanceProfileId: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuTypeGetDeviceID(
        vgpuTypeId: nvmlVgpuTypeId_t,
        deviceID: Option<Out<c_ulonglong>>,
        subsystemID: Option<Out<c_ulonglong>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuTypeGetFramebufferSize(vgpuTypeId: nvmlVgpuTypeId_t, fbSize: Option<Out<c_ulonglong>>) -> nvmlReturn_t;
    fn nvmlVgpuTypeGetNumDisplayHeads(
        vgpuTypeId: nvmlVgpuTypeId_t,
        numDisplayHeads: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuTypeGetResolution(
        vgpuTypeId: nvmlVgpuTypeId_t,
        displayIndex: c_uint,
        xdim: Option<Out<c_uint>>,
        ydim: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuTypeGetLicense(
        vgpuTypeId: nvmlVgpuTypeId_t,
        vgpuTypeLicenseString: Option<Out<[c_char; size]>>,
        size: c_uint,
    ) -> nvmlReturn_t;
    fn nvmlVgpuTypeGetFrameRateLimit(vgpuTypeId: nvmlVgpuTypeId_t, frameRateLimit: Option<Out<c_uint>>)
    -> nvmlReturn_t;
    fn nvmlVgpuTypeGetMaxInstances(
        device: nvmlDevice_t,
        vgpuTypeId: nvmlVgpuTypeId_t,
        vgpuInstanceCount: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuTypeGetMaxInstancesPerVm(
        vgpuTypeId: nvmlVgpuTypeId_t,
        vgpuInstanceCountPerVm: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuTypeGetBAR1Info(vgpuTypeId: nvmlVgpuTypeId_t, bar1Info: *mut nvmlVgpuTypeBar1Info_v1_t) -> nvmlReturn_t;
    fn nvmlDeviceGetActiveVgpus(
        device: nvmlDevice_t,
        vgpuCount: Option<&mut c_uint>,
        vgpuInstances: Option<Out<[nvmlVgpuInstance_t; vgpuCount]>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetVmID(
        vgpuInstance: nvmlVgpuInstance_t,
        vmId: Option<Out<[c_char; size]>>,
        size: c_uint,
        vmIdType: Option<Out<nvmlVgpuVmIdType_t>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetUUID(
        vgpuInstance: nvmlVgpuInstance_t,
        uuid: Option<Out<[c_char; size]>>,
        size: c_uint,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetVmDriverVersion(
        vgpuInstance: nvmlVgpuInstance_t,
        version: Option<Out<[c_char; length]>>,
        length: c_uint,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetFbUsage(vgpuInstance: nvmlVgpuInstance_t, fbUsage: Option<Out<c_ulonglong>>) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetLicenseStatus(
        vgpuInstance: nvmlVgpuInstance_t,
        licensed: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetType(
        vgpuInstance: nvmlVgpuInstance_t,
        vgpuTypeId: Option<Out<nvmlVgpuTypeId_t>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetFrameRateLimit(
        vgpuInstance: nvmlVgpuInstance_t,
        frameRateLimit: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetEccMode(
        vgpuInstance: nvmlVgpuInstance_t,
        eccMode: Option<Out<nvmlEnableState_t>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetEncoderCapacity(
        vgpuInstance: nvmlVgpuInstance_t,
        encoderCapacity: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceSetEncoderCapacity(vgpuInstance: nvmlVgpuInstance_t, encoderCapacity: c_uint) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetEncoderStats(
        vgpuInstance: nvmlVgpuInstance_t,
        sessionCount: Option<&mut c_uint>,
        averageFps: Option<Out<[c_uint; sessionCount]>>,
        averageLatency: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetEncoderSessions(
        vgpuInstance: nvmlVgpuInstance_t,
        sessionCount: Option<&mut c_uint>,
        sessionInfo: *mut nvmlEncoderSessionInfo_t,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetFBCStats(vgpuInstance: nvmlVgpuInstance_t, fbcStats: *mut nvmlFBCStats_t) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetFBCSessions(
        vgpuInstance: nvmlVgpuInstance_t,
        sessionCount: Option<&mut c_uint>,
        sessionInfo: *mut nvmlFBCSessionInfo_t,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetGpuInstanceId(
        vgpuInstance: nvmlVgpuInstance_t,
        gpuInstanceId: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetGpuPciId(
        vgpuInstance: nvmlVgpuInstance_t,
        vgpuPciId: Option<Out<[c_char; length]>>,
        length: Option<&mut c_uint>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuTypeGetCapabilities(
        vgpuTypeId: nvmlVgpuTypeId_t,
        capability: nvmlVgpuCapability_t,
        capResult: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetMdevUUID(
        vgpuInstance: nvmlVgpuInstance_t,
        mdevUuid: Option<Out<[c_char; size]>>,
        size: c_uint,
    ) -> nvmlReturn_t;
    fn nvmlVgpuTypeGetMaxInstancesPerGpuInstance(pMaxInstance: *mut nvmlVgpuTypeMaxInstance_v1_t) -> nvmlReturn_t;
    fn nvmlGpuInstanceSetVgpuSchedulerState(
        gpuInstance: nvmlGpuInstance_t,
        pScheduler: *mut nvmlVgpuSchedulerState_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlGpuInstanceGetVgpuSchedulerState(
        gpuInstance: nvmlGpuInstance_t,
        pSchedulerStateInfo: *mut nvmlVgpuSchedulerStateInfo_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlGpuInstanceGetVgpuSchedulerLog(
        gpuInstance: nvmlGpuInstance_t,
        pSchedulerLogInfo: *mut nvmlVgpuSchedulerLogInfo_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlGpuInstanceGetVgpuHeterogeneousMode(
        gpuInstance: nvmlGpuInstance_t,
        pHeterogeneousMode: *mut nvmlVgpuHeterogeneousMode_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlGpuInstanceSetVgpuHeterogeneousMode(
        gpuInstance: nvmlGpuInstance_t,
        pHeterogeneousMode: *const nvmlVgpuHeterogeneousMode_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetMetadata(
        vgpuInstance: nvmlVgpuInstance_t,
        vgpuMetadata: *mut nvmlVgpuMetadata_t,
        bufferSize: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetVgpuMetadata(
        device: nvmlDevice_t,
        pgpuMetadata: *mut nvmlVgpuPgpuMetadata_t,
        bufferSize: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlGetVgpuCompatibility(
        vgpuMetadata: *mut nvmlVgpuMetadata_t,
        pgpuMetadata: *mut nvmlVgpuPgpuMetadata_t,
        compatibilityInfo: *mut nvmlVgpuPgpuCompatibility_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetPgpuMetadataString(
        device: nvmlDevice_t,
        pgpuMetadata: Option<Out<[c_char; bufferSize]>>,
        bufferSize: Option<&mut c_uint>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetVgpuSchedulerLog(device: nvmlDevice_t, pSchedulerLog: *mut nvmlVgpuSchedulerLog_t) -> nvmlReturn_t;
    fn nvmlDeviceGetVgpuSchedulerState(
        device: nvmlDevice_t,
        pSchedulerState: *mut nvmlVgpuSchedulerGetState_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetVgpuSchedulerCapabilities(
        device: nvmlDevice_t,
        pCapabilities: *mut nvmlVgpuSchedulerCapabilities_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceSetVgpuSchedulerState(
        device: nvmlDevice_t,
        pSchedulerState: *mut nvmlVgpuSchedulerSetState_t,
    ) -> nvmlReturn_t;
    fn nvmlGetVgpuVersion(supported: *mut nvmlVgpuVersion_t, current: *mut nvmlVgpuVersion_t) -> nvmlReturn_t;
    fn nvmlSetVgpuVersion(vgpuVersion: *mut nvmlVgpuVersion_t) -> nvmlReturn_t;
    fn nvmlDeviceGetVgpuProcessUtilization(
        device: nvmlDevice_t,
        lastSeenTimeStamp: c_ulonglong,
        vgpuProcessSamplesCount: Option<&mut c_uint>,
        utilizationSamples: *mut nvmlVgpuProcessUtilizationSample_t,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetAccountingMode(
        vgpuInstance: nvmlVgpuInstance_t,
        mode: Option<Out<nvmlEnableState_t>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetAccountingPids(
        vgpuInstance: nvmlVgpuInstance_t,
        count: Option<&mut c_uint>,
        pids: Option<Out<[c_uint; count]>>,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetAccountingStats(
        vgpuInstance: nvmlVgpuInstance_t,
        pid: c_uint,
        stats: *mut nvmlAccountingStats_t,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceClearAccountingPids(vgpuInstance: nvmlVgpuInstance_t) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetLicenseInfo_v2(
        vgpuInstance: nvmlVgpuInstance_t,
        licenseInfo: *mut nvmlVgpuLicenseInfo_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetGridLicensableFeatures(
        device: nvmlDevice_t,
        pGridLicensableFeatures: *mut nvmlGridLicensableFeatures_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetGridLicensableFeatures_v2(
        device: nvmlDevice_t,
        pGridLicensableFeatures: *mut nvmlGridLicensableFeatures_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetGridLicensableFeatures_v3(
        device: nvmlDevice_t,
        pGridLicensableFeatures: *mut nvmlGridLicensableFeatures_t,
    ) -> nvmlReturn_t;
    fn nvmlVgpuInstanceGetLicenseInfo(
        vgpuInstance: nvmlVgpuInstance_t,
        licenseInfo: *mut nvmlVgpuLicenseInfo_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetVgpuTypeSupportedPlacements(
        device: nvmlDevice_t,
        vgpuTypeId: nvmlVgpuTypeId_t,
        pPlacementList: *mut nvmlVgpuPlacementList_v2_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetVgpuTypeCreatablePlacements(
        device: nvmlDevice_t,
        vgpuTypeId: nvmlVgpuTypeId_t,
        pPlacementList: *mut nvmlVgpuPlacementList_v2_t,
    ) -> nvmlReturn_t;
    fn nvmlGpuInstanceGetCreatableVgpus(
        gpuInstance: nvmlGpuInstance_t,
        pVgpus: *mut nvmlVgpuTypeIdInfo_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlGpuInstanceGetActiveVgpus(
        gpuInstance: nvmlGpuInstance_t,
        pVgpuInstanceInfo: *mut nvmlActiveVgpuInstanceInfo_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlGpuInstanceGetVgpuTypeCreatablePlacements(
        gpuInstance: nvmlGpuInstance_t,
        pCreatablePlacementInfo: *mut nvmlVgpuCreatablePlacementInfo_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetVgpuUtilization(
        device: nvmlDevice_t,
        lastSeenTimeStamp: c_ulonglong,
        sampleValType: Option<Out<[nvmlValueType_t; vgpuInstanceSamplesCount]>>,
        vgpuInstanceSamplesCount: Option<&mut c_uint>,
        utilizationSamples: *mut nvmlVgpuInstanceUtilizationSample_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetVgpuInstancesUtilizationInfo(
        device: nvmlDevice_t,
        vgpuUtilInfo: *mut nvmlVgpuInstancesUtilizationInfo_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetVgpuProcessesUtilizationInfo(
        device: nvmlDevice_t,
        vgpuProcUtilInfo: *mut nvmlVgpuProcessesUtilizationInfo_v1_t,
    ) -> nvmlReturn_t;
}

#[unsupported(status = NVML_ERROR_NOT_SUPPORTED, why = "parts of a device are the administrator's")]
extern "C" {
    fn nvmlDeviceGetGpuInstanceProfileInfo(
        device: nvmlDevice_t,
        profile: c_uint,
        info: *mut nvmlGpuInstanceProfileInfo_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetGpuInstanceProfileInfoV(
        device: nvmlDevice_t,
        profile: c_uint,
        info: *mut nvmlGpuInstanceProfileInfo_v2_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetGpuInstanceProfileInfoByIdV(
        device: nvmlDevice_t,
        profileId: c_uint,
        info: *mut nvmlGpuInstanceProfileInfo_v2_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetGpuInstancePossiblePlacements_v2(
        device: nvmlDevice_t,
        profileId: c_uint,
        placements: *mut nvmlGpuInstancePlacement_t,
        count: Option<&mut c_uint>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetGpuInstanceRemainingCapacity(
        device: nvmlDevice_t,
        profileId: c_uint,
        count: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetGpuInstances(
        device: nvmlDevice_t,
        profileId: c_uint,
        gpuInstances: *mut nvmlGpuInstance_t,
        count: Option<&mut c_uint>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetGpuInstanceById(
        device: nvmlDevice_t,
        id: c_uint,
        gpuInstance: *mut nvmlGpuInstance_t,
    ) -> nvmlReturn_t;
    fn nvmlGpuInstanceGetComputeInstanceProfileInfo(
        gpuInstance: nvmlGpuInstance_t,
        profile: c_uint,
        engProfile: c_uint,
        info: *mut nvmlComputeInstanceProfileInfo_t,
    ) -> nvmlReturn_t;
    fn nvmlGpuInstanceGetComputeInstanceProfileInfoV(
        gpuInstance: nvmlGpuInstance_t,
        profile: c_uint,
        engProfile: c_uint,
        info: *mut nvmlComputeInstanceProfileInfo_v2_t,
    ) -> nvmlReturn_t;
    fn nvmlGpuInstanceGetComputeInstanceRemainingCapacity(
        gpuInstance: nvmlGpuInstance_t,
        profileId: c_uint,
        count: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlGpuInstanceGetComputeInstancePossiblePlacements(
        gpuInstance: nvmlGpuInstance_t,
        profileId: c_uint,
        placements: *mut nvmlComputeInstancePlacement_t,
        count: Option<&mut c_uint>,
    ) -> nvmlReturn_t;
    fn nvmlGpuInstanceGetComputeInstances(
        gpuInstance: nvmlGpuInstance_t,
        profileId: c_uint,
        computeInstances: *mut nvmlComputeInstance_t,
        count: Option<&mut c_uint>,
    ) -> nvmlReturn_t;
    fn nvmlGpuInstanceGetComputeInstanceById(
        gpuInstance: nvmlGpuInstance_t,
        id: c_uint,
        computeInstance: *mut nvmlComputeInstance_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetGpuInstancePossiblePlacements(
        device: nvmlDevice_t,
        profileId: c_uint,
        placements: *mut nvmlGpuInstancePlacement_t,
        count: Option<&mut c_uint>,
    ) -> nvmlReturn_t;
    fn nvmlGpuInstanceGetInfo(gpuInstance: nvmlGpuInstance_t, info: *mut nvmlGpuInstanceInfo_t) -> nvmlReturn_t;
    fn nvmlComputeInstanceGetInfo_v2(
        computeInstance: nvmlComputeInstance_t,
        info: *mut nvmlComputeInstanceInfo_t,
    ) -> nvmlReturn_t;
    fn nvmlComputeInstanceGetInfo(
        computeInstance: nvmlComputeInstance_t,
        info: *mut nvmlComputeInstanceInfo_t,
    ) -> nvmlReturn_t;
}

#[unsupported(status = NVML_ERROR_NOT_SUPPORTED, why = "confidential computing ends at the worker")]
extern "C" {
    fn nvmlDeviceGetDramEncryptionMode(
        device: nvmlDevice_t,
        current: *mut nvmlDramEncryptionInfo_v1_t,
        pending: *mut nvmlDramEncryptionInfo_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlSystemGetConfComputeCapabilities(capabilities: *mut nvmlConfComputeSystemCaps_t) -> nvmlReturn_t;
    fn nvmlSystemGetConfComputeState(state: *mut nvmlConfComputeSystemState_t) -> nvmlReturn_t;
    fn nvmlDeviceGetConfComputeMemSizeInfo(
        device: nvmlDevice_t,
        memInfo: *mut nvmlConfComputeMemSizeInfo_t,
    ) -> nvmlReturn_t;
    fn nvmlSystemGetConfComputeGpusReadyState(isAcceptingWork: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetConfComputeProtectedMemoryUsage(device: nvmlDevice_t, memory: *mut nvmlMemory_t) -> nvmlReturn_t;
    fn nvmlDeviceGetConfComputeGpuCertificate(
        device: nvmlDevice_t,
        gpuCert: *mut nvmlConfComputeGpuCertificate_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetConfComputeGpuAttestationReport(
        device: nvmlDevice_t,
        gpuAtstReport: *mut nvmlConfComputeGpuAttestationReport_t,
    ) -> nvmlReturn_t;
    fn nvmlSystemGetConfComputeKeyRotationThresholdInfo(
        pKeyRotationThrInfo: *mut nvmlConfComputeGetKeyRotationThresholdInfo_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlSystemGetConfComputeSettings(settings: *mut nvmlSystemConfComputeSettings_v1_t) -> nvmlReturn_t;
}

#[unsupported(status = NVML_ERROR_NOT_SUPPORTED, why = "events of a device are not waited for")]
extern "C" {
    fn nvmlEventSetCreate(set: *mut nvmlEventSet_t) -> nvmlReturn_t;
    fn nvmlDeviceRegisterEvents(device: nvmlDevice_t, eventTypes: c_ulonglong, set: nvmlEventSet_t) -> nvmlReturn_t;
    fn nvmlDeviceGetSupportedEventTypes(device: nvmlDevice_t, eventTypes: Option<Out<c_ulonglong>>) -> nvmlReturn_t;
    fn nvmlEventSetFree(set: nvmlEventSet_t) -> nvmlReturn_t;
    fn nvmlSystemEventSetWait(request: *mut nvmlSystemEventSetWaitRequest_v1_t) -> nvmlReturn_t;
    fn nvmlEventSetWait_v2(set: nvmlEventSet_t, data: *mut nvmlEventData_t, timeoutms: c_uint) -> nvmlReturn_t;
    fn nvmlSystemEventSetCreate(request: *mut nvmlSystemEventSetCreateRequest_v1_t) -> nvmlReturn_t;
    fn nvmlSystemEventSetFree(request: *mut nvmlSystemEventSetFreeRequest_v1_t) -> nvmlReturn_t;
    fn nvmlSystemRegisterEvents(request: *mut nvmlSystemRegisterEventRequest_v1_t) -> nvmlReturn_t;
    fn nvmlEventSetWait(set: nvmlEventSet_t, data: *mut nvmlEventData_t, timeoutms: c_uint) -> nvmlReturn_t;
}

#[unsupported(status = NVML_ERROR_NOT_SUPPORTED, why = "it tells of the machine rather than of devices")]
extern "C" {
    fn nvmlSystemGetHicVersion(hwbcCount: Option<&mut c_uint>, hwbcEntries: *mut nvmlHwbcEntry_t) -> nvmlReturn_t;
    fn nvmlUnitGetCount(unitCount: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlUnitGetHandleByIndex(index: c_uint, unit: *mut nvmlUnit_t) -> nvmlReturn_t;
    fn nvmlUnitGetUnitInfo(unit: nvmlUnit_t, info: *mut nvmlUnitInfo_t) -> nvmlReturn_t;
    fn nvmlUnitGetLedState(unit: nvmlUnit_t, state: *mut nvmlLedState_t) -> nvmlReturn_t;
    fn nvmlUnitGetPsuInfo(unit: nvmlUnit_t, psu: *mut nvmlPSUInfo_t) -> nvmlReturn_t;
    fn nvmlUnitGetTemperature(unit: nvmlUnit_t, r#type: c_uint, temp: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlUnitGetFanSpeedInfo(unit: nvmlUnit_t, fanSpeeds: *mut nvmlUnitFanSpeeds_t) -> nvmlReturn_t;
    fn nvmlUnitGetDevices(
        unit: nvmlUnit_t,
        deviceCount: Option<&mut c_uint>,
        devices: Option<Out<[nvmlDevice_t; deviceCount]>>,
    ) -> nvmlReturn_t;
    fn nvmlGetExcludedDeviceCount(deviceCount: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlGetExcludedDeviceInfoByIndex(index: c_uint, info: *mut nvmlExcludedDeviceInfo_t) -> nvmlReturn_t;
}

#[unsupported(status = NVML_ERROR_NOT_SUPPORTED, why = "not described yet")]
extern "C" {
    fn nvmlDeviceGetHandleByUUIDV(uuid: *const nvmlUUID_v1_t, device: Option<Out<nvmlDevice_t>>) -> nvmlReturn_t;
    fn nvmlDeviceGetC2cModeInfoV(device: nvmlDevice_t, c2cModeInfo: *mut nvmlC2cModeInfo_v1_t) -> nvmlReturn_t;
    fn nvmlDeviceSetCpuAffinity(device: nvmlDevice_t) -> nvmlReturn_t;
    fn nvmlDeviceClearCpuAffinity(device: nvmlDevice_t) -> nvmlReturn_t;
    fn nvmlDeviceGetAddressingMode(device: nvmlDevice_t, mode: *mut nvmlDeviceAddressingMode_v1_t) -> nvmlReturn_t;
    fn nvmlDeviceGetRepairStatus(device: nvmlDevice_t, repairStatus: *mut nvmlRepairStatus_v1_t) -> nvmlReturn_t;
    fn nvmlDeviceGetInforomConfigurationChecksum(device: nvmlDevice_t, checksum: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetLastBBXFlushTime(
        device: nvmlDevice_t,
        timestamp: Option<Out<c_ulonglong>>,
        durationUs: Option<Out<c_ulong>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetGpcClkVfOffset(device: nvmlDevice_t, offset: Option<Out<c_int>>) -> nvmlReturn_t;
    fn nvmlDeviceGetFanControlPolicy_v2(
        device: nvmlDevice_t,
        fan: c_uint,
        policy: Option<Out<nvmlFanControlPolicy_t>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetCoolerInfo(device: nvmlDevice_t, coolerInfo: *mut nvmlCoolerInfo_v1_t) -> nvmlReturn_t;
    fn nvmlDeviceGetThermalSettings(
        device: nvmlDevice_t,
        sensorIndex: c_uint,
        pThermalSettings: *mut nvmlGpuThermalSettings_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetDynamicPstatesInfo(
        device: nvmlDevice_t,
        pDynamicPstatesInfo: *mut nvmlGpuDynamicPstatesInfo_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetMemClkVfOffset(device: nvmlDevice_t, offset: Option<Out<c_int>>) -> nvmlReturn_t;
    fn nvmlDeviceGetMinMaxClockOfPState(
        device: nvmlDevice_t,
        r#type: nvmlClockType_t,
        pstate: nvmlPstates_t,
        minClockMHz: Option<Out<c_uint>>,
        maxClockMHz: Option<Out<c_uint>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetSupportedPerformanceStates(
        device: nvmlDevice_t,
        pstates: Option<Out<nvmlPstates_t>>,
        size: c_uint,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetGpcClkMinMaxVfOffset(
        device: nvmlDevice_t,
        minOffset: Option<Out<c_int>>,
        maxOffset: Option<Out<c_int>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetMemClkMinMaxVfOffset(
        device: nvmlDevice_t,
        minOffset: Option<Out<c_int>>,
        maxOffset: Option<Out<c_int>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetClockOffsets(device: nvmlDevice_t, info: *mut nvmlClockOffset_v1_t) -> nvmlReturn_t;
    fn nvmlDeviceGetPerformanceModes(device: nvmlDevice_t, perfModes: *mut nvmlDevicePerfModes_v1_t) -> nvmlReturn_t;
    fn nvmlDeviceGetCurrentClockFreqs(
        device: nvmlDevice_t,
        currentClockFreqs: *mut nvmlDeviceCurrentClockFreqs_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetPowerMizerMode_v1(
        device: nvmlDevice_t,
        powerMizerMode: *mut nvmlDevicePowerMizerModes_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetDriverModel_v2(
        device: nvmlDevice_t,
        current: Option<Out<nvmlDriverModel_t>>,
        pending: Option<Out<nvmlDriverModel_t>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetBridgeChipInfo(
        device: nvmlDevice_t,
        bridgeHierarchy: *mut nvmlBridgeChipHierarchy_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetSramEccErrorStatus(device: nvmlDevice_t, status: *mut nvmlEccSramErrorStatus_v1_t) -> nvmlReturn_t;
    fn nvmlDeviceGetRetiredPages(
        device: nvmlDevice_t,
        cause: nvmlPageRetirementCause_t,
        pageCount: Option<&mut c_uint>,
        addresses: Option<Out<[c_ulonglong; pageCount]>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetRetiredPages_v2(
        device: nvmlDevice_t,
        cause: nvmlPageRetirementCause_t,
        pageCount: Option<&mut c_uint>,
        addresses: Option<Out<[c_ulonglong; pageCount]>>,
        timestamps: Option<Out<c_ulonglong>>,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetClkMonStatus(device: nvmlDevice_t, status: *mut nvmlClkMonStatus_t) -> nvmlReturn_t;
    fn nvmlDeviceGetPlatformInfo(device: nvmlDevice_t, platformInfo: *mut nvmlPlatformInfo_v2_t) -> nvmlReturn_t;
    fn nvmlDeviceGetPdi(device: nvmlDevice_t, pdi: *mut nvmlPdi_v1_t) -> nvmlReturn_t;
    fn nvmlDeviceGetHostname_v1(device: nvmlDevice_t, hostname: *mut nvmlHostname_v1_t) -> nvmlReturn_t;
    fn nvmlDeviceGetNvLinkUtilizationControl(
        device: nvmlDevice_t,
        link: c_uint,
        counter: c_uint,
        control: *mut nvmlNvLinkUtilizationControl_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetNvLinkUtilizationCounter(
        device: nvmlDevice_t,
        link: c_uint,
        counter: c_uint,
        rxcounter: Option<Out<c_ulonglong>>,
        txcounter: Option<Out<c_ulonglong>>,
    ) -> nvmlReturn_t;
    fn nvmlSystemGetNvlinkBwMode(nvlinkBwMode: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetNvlinkSupportedBwModes(
        device: nvmlDevice_t,
        supportedBwMode: *mut nvmlNvlinkSupportedBwModes_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetNvlinkBwMode(device: nvmlDevice_t, getBwMode: *mut nvmlNvlinkGetBwMode_v1_t) -> nvmlReturn_t;
    fn nvmlDeviceGetNvLinkInfo(device: nvmlDevice_t, info: *mut nvmlNvLinkInfo_v2_t) -> nvmlReturn_t;
    fn nvmlDeviceQueryDrainState(
        pciInfo: *mut nvmlPciInfo_t,
        currentState: Option<Out<nvmlEnableState_t>>,
    ) -> nvmlReturn_t;
    fn nvmlGpmSampleFree(gpmSample: nvmlGpmSample_t) -> nvmlReturn_t;
    fn nvmlGpmSampleAlloc(gpmSample: *mut nvmlGpmSample_t) -> nvmlReturn_t;
    fn nvmlGpmSampleGet(device: nvmlDevice_t, gpmSample: nvmlGpmSample_t) -> nvmlReturn_t;
    fn nvmlGpmMigSampleGet(device: nvmlDevice_t, gpuInstanceId: c_uint, gpmSample: nvmlGpmSample_t) -> nvmlReturn_t;
    fn nvmlGpmQueryDeviceSupport(device: nvmlDevice_t, gpmSupport: *mut nvmlGpmSupport_t) -> nvmlReturn_t;
    fn nvmlGpmQueryIfStreamingEnabled(device: nvmlDevice_t, state: Option<Out<c_uint>>) -> nvmlReturn_t;
    fn nvmlDeviceGetCapabilities(device: nvmlDevice_t, caps: *mut nvmlDeviceCapabilities_v1_t) -> nvmlReturn_t;
    fn nvmlDeviceWorkloadPowerProfileGetProfilesInfo(
        device: nvmlDevice_t,
        profilesInfo: *mut nvmlWorkloadPowerProfileProfilesInfo_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceWorkloadPowerProfileGetCurrentProfiles(
        device: nvmlDevice_t,
        currentProfiles: *mut nvmlWorkloadPowerProfileCurrentProfiles_v1_t,
    ) -> nvmlReturn_t;
    fn nvmlDeviceGetDriverModel(
        device: nvmlDevice_t,
        current: Option<Out<nvmlDriverModel_t>>,
        pending: Option<Out<nvmlDriverModel_t>>,
    ) -> nvmlReturn_t;
    fn nvmlGpmMetricsGet(metricsGet: *mut nvmlGpmMetricsGet_t) -> nvmlReturn_t;
    fn nvmlDeviceGetSramUniqueUncorrectedEccErrorCounts(
        device: nvmlDevice_t,
        errorCounts: *mut nvmlEccSramUniqueUncorrectedErrorCounts_v1_t,
    ) -> nvmlReturn_t;
}

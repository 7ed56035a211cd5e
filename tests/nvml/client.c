/*
 * Asks NVML, opened as programs open it, and prints every status and answer: the same natively and through AvA.
 *
 *   client ask         what monitors ask of each device
 *   client wrong       what is wrong: null, handles that are none, versions, small buffers, before and after the library is initialized
 *   client change      what sets something, and what is set then
 *   client processes   who uses the devices
 *   client cuda        the same, with a CUDA context and memory of the program's own
 *   client fork        a child of a program that has initialized the library
 */
#define NVML_NO_UNVERSIONED_FUNC_DEFS
#include <nvml.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *library;

static void *look_up(const char *name) {
  void *function = dlsym(library, name);
  if (!function) printf("%s is not there\n", name);
  return function;
}

/* Calls a function by its name, with the prototype of the header: NVML_ERROR_FUNCTION_NOT_FOUND where it is not there. */
#define CALL(f, ...) \
  ({ \
    __typeof__(f) *call_##f = look_up(#f); \
    call_##f ? call_##f(__VA_ARGS__) : NVML_ERROR_FUNCTION_NOT_FOUND; \
  })

#define SAY(f, ...) printf(#f " %d\n", CALL(f, __VA_ARGS__))

#define NUMBER(f, type, ...) \
  do { \
    type value = 0; \
    nvmlReturn_t status = CALL(f, __VA_ARGS__, &value); \
    printf(#f " %d %lld\n", status, (long long)value); \
  } while (0)

#define TWO(f, type, ...) \
  do { \
    type one = 0, other = 0; \
    nvmlReturn_t status = CALL(f, __VA_ARGS__, &one, &other); \
    printf(#f " %d %lld %lld\n", status, (long long)one, (long long)other); \
  } while (0)

#define TEXT(f, ...) \
  do { \
    char text[256] = ""; \
    nvmlReturn_t status = CALL(f, __VA_ARGS__ __VA_OPT__(,) text, sizeof text); \
    printf(#f " %d %s\n", status, text); \
  } while (0)

static void pci(const char *name, nvmlReturn_t status, const nvmlPciInfo_t *p) {
  printf("%s %d %s %s %x:%x:%x %x %x\n", name, status, p->busId, p->busIdLegacy, p->domain, p->bus, p->device,
         p->pciDeviceId, p->pciSubSystemId);
}

#define PCI(f, device) \
  do { \
    nvmlPciInfo_t info = {0}; \
    nvmlReturn_t status = CALL(f, device, &info); \
    pci(#f, status, &info); \
  } while (0)

static void memory(nvmlDevice_t device) {
  nvmlMemory_t first = {0};
  nvmlReturn_t status = CALL(nvmlDeviceGetMemoryInfo, device, &first);
  printf("memory %d %llu %llu %llu\n", status, first.total, first.free, first.used);
  nvmlMemory_v2_t second = {.version = nvmlMemory_v2};
  status = CALL(nvmlDeviceGetMemoryInfo_v2, device, &second);
  printf("memory v2 %d %#x %llu %llu %llu %llu\n", status, second.version, second.total, second.reserved, second.free,
         second.used);
  nvmlBAR1Memory_t bar = {0};
  status = CALL(nvmlDeviceGetBAR1MemoryInfo, device, &bar);
  printf("bar1 %d %llu %llu %llu\n", status, bar.bar1Total, bar.bar1Free, bar.bar1Used);
}

static void clocks(nvmlDevice_t device) {
  for (int type = 0; type <= NVML_CLOCK_COUNT; type++) {
    NUMBER(nvmlDeviceGetClockInfo, unsigned, device, type);
    NUMBER(nvmlDeviceGetMaxClockInfo, unsigned, device, type);
    NUMBER(nvmlDeviceGetApplicationsClock, unsigned, device, type);
  }
  unsigned count = 0, some[8] = {0};
  printf("memory clocks %d", CALL(nvmlDeviceGetSupportedMemoryClocks, device, &count, NULL));
  printf(" %u", count);
  printf(" %d", CALL(nvmlDeviceGetSupportedMemoryClocks, device, &count, some));
  printf(" %u: %u %u\n", count, some[0], some[1]);
  count = 1;
  printf("graphics clocks %d", CALL(nvmlDeviceGetSupportedGraphicsClocks, device, some[0], &count, some + 4));
  printf(" %u %u\n", count, some[4]);
}

static void ask_device(nvmlDevice_t device) {
  TEXT(nvmlDeviceGetName, device);
  TEXT(nvmlDeviceGetUUID, device);
  TEXT(nvmlDeviceGetSerial, device);
  TEXT(nvmlDeviceGetVbiosVersion, device);
  TEXT(nvmlDeviceGetBoardPartNumber, device);
  PCI(nvmlDeviceGetPciInfo, device);
  PCI(nvmlDeviceGetPciInfo_v2, device);
  PCI(nvmlDeviceGetPciInfo_v3, device);
  nvmlPciInfoExt_t ext = {.version = nvmlPciInfoExt_v1};
  nvmlReturn_t status = CALL(nvmlDeviceGetPciInfoExt, device, &ext);
  printf("pci ext %d %s %x %x\n", status, ext.busId, ext.baseClass, ext.subClass);
  NUMBER(nvmlDeviceGetIndex, unsigned, device);
  NUMBER(nvmlDeviceGetMinorNumber, unsigned, device);
  NUMBER(nvmlDeviceGetBrand, nvmlBrandType_t, device);
  NUMBER(nvmlDeviceGetArchitecture, nvmlDeviceArchitecture_t, device);
  TWO(nvmlDeviceGetCudaComputeCapability, int, device);
  NUMBER(nvmlDeviceGetNumGpuCores, unsigned, device);
  NUMBER(nvmlDeviceGetMemoryBusWidth, unsigned, device);
  NUMBER(nvmlDeviceGetMultiGpuBoard, unsigned, device);
  NUMBER(nvmlDeviceGetBoardId, unsigned, device);
  NUMBER(nvmlDeviceGetComputeMode, nvmlComputeMode_t, device);
  NUMBER(nvmlDeviceGetPersistenceMode, nvmlEnableState_t, device);
  NUMBER(nvmlDeviceGetDisplayMode, nvmlEnableState_t, device);
  NUMBER(nvmlDeviceGetDisplayActive, nvmlEnableState_t, device);
  TWO(nvmlDeviceGetMigMode, unsigned, device);
  NUMBER(nvmlDeviceIsMigDeviceHandle, unsigned, device);
  NUMBER(nvmlDeviceGetMaxMigDeviceCount, unsigned, device);
  TWO(nvmlDeviceGetEccMode, nvmlEnableState_t, device);
  NUMBER(nvmlDeviceGetTotalEccErrors, unsigned long long, device, 0, 0);
  memory(device);
  nvmlUtilization_t rates = {0};
  status = CALL(nvmlDeviceGetUtilizationRates, device, &rates);
  printf("utilization %d %u %u\n", status, rates.gpu, rates.memory);
  TWO(nvmlDeviceGetEncoderUtilization, unsigned, device);
  TWO(nvmlDeviceGetDecoderUtilization, unsigned, device);
  NUMBER(nvmlDeviceGetTemperature, unsigned, device, NVML_TEMPERATURE_GPU);
  for (int i = 0; i < NVML_TEMPERATURE_THRESHOLD_COUNT + 2; i++)
    NUMBER(nvmlDeviceGetTemperatureThreshold, unsigned, device, i);
  NUMBER(nvmlDeviceGetFanSpeed, unsigned, device);
  NUMBER(nvmlDeviceGetFanSpeed_v2, unsigned, device, 0);
  NUMBER(nvmlDeviceGetFanSpeed_v2, unsigned, device, 9);
  NUMBER(nvmlDeviceGetNumFans, unsigned, device);
  NUMBER(nvmlDeviceGetPowerUsage, unsigned, device);
  NUMBER(nvmlDeviceGetPowerManagementMode, nvmlEnableState_t, device);
  NUMBER(nvmlDeviceGetPowerManagementLimit, unsigned, device);
  NUMBER(nvmlDeviceGetPowerManagementDefaultLimit, unsigned, device);
  TWO(nvmlDeviceGetPowerManagementLimitConstraints, unsigned, device);
  NUMBER(nvmlDeviceGetEnforcedPowerLimit, unsigned, device);
  NUMBER(nvmlDeviceGetTotalEnergyConsumption, unsigned long long, device);
  clocks(device);
  NUMBER(nvmlDeviceGetPerformanceState, nvmlPstates_t, device);
  NUMBER(nvmlDeviceGetPowerState, nvmlPstates_t, device);
  NUMBER(nvmlDeviceGetCurrentClocksThrottleReasons, unsigned long long, device);
  NUMBER(nvmlDeviceGetSupportedClocksThrottleReasons, unsigned long long, device);
  NUMBER(nvmlDeviceGetMaxPcieLinkGeneration, unsigned, device);
  NUMBER(nvmlDeviceGetMaxPcieLinkWidth, unsigned, device);
  NUMBER(nvmlDeviceGetCurrPcieLinkGeneration, unsigned, device);
  NUMBER(nvmlDeviceGetCurrPcieLinkWidth, unsigned, device);
  NUMBER(nvmlDeviceGetPcieReplayCounter, unsigned, device);
  for (int counter = 0; counter < 3; counter++) NUMBER(nvmlDeviceGetPcieThroughput, unsigned, device, counter);
  unsigned long cpus[3] = {7, 7, 7};
  status = CALL(nvmlDeviceGetCpuAffinity, device, 2, cpus);
  printf("processors %d %lx %lx %lx\n", status, cpus[0], cpus[1], cpus[2]);
}

static nvmlDevice_t device_at(unsigned index) {
  nvmlDevice_t device = NULL;
  nvmlReturn_t status = CALL(nvmlDeviceGetHandleByIndex_v2, index, &device);
  if (status) printf("no device %u: %d\n", index, status);
  return device;
}

static void same(const char *by, nvmlReturn_t status, nvmlDevice_t found, nvmlDevice_t device) {
  printf("by %s %d %s\n", by, status, found == device ? "the same" : "another");
}

static void find_again(nvmlDevice_t device, unsigned index) {
  char uuid[96], serial[32];
  nvmlPciInfo_t bus = {0};
  CALL(nvmlDeviceGetUUID, device, uuid, sizeof uuid);
  CALL(nvmlDeviceGetSerial, device, serial, sizeof serial);
  CALL(nvmlDeviceGetPciInfo_v3, device, &bus);
  nvmlDevice_t found;
#define AGAIN(f, what) \
  do { \
    found = NULL; \
    nvmlReturn_t status = CALL(f, what, &found); \
    same(#f, status, found, device); \
  } while (0)
  AGAIN(nvmlDeviceGetHandleByIndex, index);
  AGAIN(nvmlDeviceGetHandleByUUID, uuid);
  AGAIN(nvmlDeviceGetHandleBySerial, serial);
  AGAIN(nvmlDeviceGetHandleByPciBusId, bus.busIdLegacy);
  AGAIN(nvmlDeviceGetHandleByPciBusId_v2, bus.busId);
  AGAIN(nvmlDeviceGetHandleByUUID, "GPU-none");
  AGAIN(nvmlDeviceGetHandleByPciBusId_v2, "nowhere");
}

static void ask(void) {
  SAY(nvmlInit_v2);
  TEXT(nvmlSystemGetDriverVersion);
  TEXT(nvmlSystemGetNVMLVersion);
  int version = 0;
  printf("cuda %d", CALL(nvmlSystemGetCudaDriverVersion_v2, &version));
  printf(" %d", version);
  printf(" %d %d\n", CALL(nvmlSystemGetCudaDriverVersion, &version), version);
  unsigned count = 0, before = 0;
  printf("devices %d", CALL(nvmlDeviceGetCount_v2, &count));
  printf(" %d", CALL(nvmlDeviceGetCount, &before));
  printf(" %u %u\n", count, before);
  for (unsigned i = 0; i < count; i++) {
    nvmlDevice_t device = device_at(i);
    ask_device(device);
    find_again(device, i);
    for (unsigned other = 0; other < count; other++) {
      NUMBER(nvmlDeviceGetTopologyCommonAncestor, nvmlGpuTopologyLevel_t, device, device_at(other));
      NUMBER(nvmlDeviceGetP2PStatus, nvmlGpuP2PStatus_t, device, device_at(other), 0);
    }
    unsigned near = 0;
    nvmlDevice_t beside[8] = {0};
    printf("near %d", CALL(nvmlDeviceGetTopologyNearestGpus, device, NVML_TOPOLOGY_SINGLE, &near, NULL));
    printf(" %u", near);
    printf(" %d", CALL(nvmlDeviceGetTopologyNearestGpus, device, NVML_TOPOLOGY_SINGLE, &near, beside));
    printf(" %u %s\n", near, near && beside[0] == device_at(i ? 0 : 1) ? "the other" : "nobody");
  }
  device_at(count);
  SAY(nvmlShutdown);
}

static void wrong(void) {
  char text[96];
  unsigned number = 0;
  nvmlDevice_t device = NULL, none = (nvmlDevice_t)&number;
  printf("not initialized\n");
  SAY(nvmlShutdown);
  SAY(nvmlDeviceGetCount_v2, &number);
  SAY(nvmlDeviceGetName, NULL, text, sizeof text);
  SAY(nvmlDeviceGetName, none, text, sizeof text);
  SAY(nvmlDeviceGetComputeRunningProcesses_v3, none, &number, NULL);
  SAY(nvmlSystemGetProcessName, (unsigned)getpid(), text, sizeof text);
  SAY(nvmlInitWithFlags, 1u << 30);
  SAY(nvmlDeviceGetCount_v2, &number);

  printf("initialized twice\n");
  SAY(nvmlInit);
  SAY(nvmlInitWithFlags, NVML_INIT_FLAG_NO_GPUS);
  SAY(nvmlShutdown);
  device = device_at(0);
  SAY(nvmlDeviceGetCount_v2, NULL);
  SAY(nvmlDeviceGetHandleByIndex_v2, 0, NULL);
  SAY(nvmlDeviceGetHandleByUUID, NULL, &device);
  SAY(nvmlDeviceGetHandleByPciBusId_v2, NULL, &device);
  SAY(nvmlDeviceGetIndex, device, NULL);
  SAY(nvmlDeviceGetIndex, NULL, &number);
  SAY(nvmlDeviceGetIndex, none, &number);
  SAY(nvmlDeviceGetIndex, (nvmlDevice_t)1, &number);
  SAY(nvmlDeviceGetMemoryInfo, device, NULL);
  SAY(nvmlDeviceGetMemoryInfo_v2, device, NULL);
  SAY(nvmlDeviceGetMemoryInfo_v2, none, NULL);
  SAY(nvmlDeviceGetEncoderUtilization, device, &number, NULL);
  SAY(nvmlDeviceGetTemperature, device, 77, &number);

  printf("versions\n");
  unsigned versions[] = {0, nvmlMemory_v2 + 1, nvmlMemory_v2 - 8, 3u << 24 | 4096, 1u << 24 | 24, ~0u};
  for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
    /* Nothing but the version is there. */
    long page = sysconf(_SC_PAGESIZE);
    char *pages = aligned_alloc((size_t)page, (size_t)page);
    unsigned *at = (unsigned *)(pages + page) - 1;
    *at = versions[i];
    printf("%#x %d", versions[i], CALL(nvmlDeviceGetMemoryInfo_v2, device, (nvmlMemory_v2_t *)at));
    printf(" %s\n", *at == versions[i] ? "untouched" : "changed");
    free(pages);
  }
  nvmlPciInfoExt_t ext = {.version = nvmlMemory_v2};
  SAY(nvmlDeviceGetPciInfoExt, device, &ext);

  printf("small buffers\n");
  for (unsigned length = 0; length < 24; length += 4) {
    memset(text, '?', sizeof text);
    printf("%u %d", length, CALL(nvmlDeviceGetName, device, text, length));
    printf(" %s\n", text[length] == '?' ? "nothing behind it" : "written behind it");
  }
  SAY(nvmlDeviceGetUUID, device, text, 8);
  SAY(nvmlDeviceGetUUID, device, NULL, 96);
  SAY(nvmlSystemGetDriverVersion, text, 1);
  unsigned clocks[2] = {0};
  for (number = 0; number < 2;) {
    unsigned room = number++;
    unsigned told = room;
    printf("%u %d", room, CALL(nvmlDeviceGetSupportedMemoryClocks, device, &told, clocks));
    printf(" %u %u\n", told, clocks[0]);
  }
  SAY(nvmlDeviceGetSupportedMemoryClocks, device, NULL, clocks);
  SAY(nvmlDeviceGetComputeRunningProcesses_v3, device, NULL, NULL);
  SAY(nvmlDeviceGetComputeRunningProcesses_v3, NULL, &number, NULL);
  number = 4;
  SAY(nvmlDeviceGetComputeRunningProcesses, device, &number, NULL);
  SAY(nvmlSystemGetProcessName, (unsigned)getpid(), NULL, 10);
  SAY(nvmlSystemGetProcessName, (unsigned)getpid(), text, 0);
  printf("name %d", CALL(nvmlSystemGetProcessName, (unsigned)getpid(), text, 4));
  printf(" %s\n", text);

  printf("shut down\n");
  SAY(nvmlShutdown);
  SAY(nvmlDeviceGetIndex, device, &number);
  SAY(nvmlDeviceGetComputeRunningProcesses_v3, device, &number, NULL);
  SAY(nvmlShutdown);
  SAY(nvmlInit_v2);
  printf("%s\n", device_at(0) ? "again" : "no more");
  SAY(nvmlDeviceGetIndex, device_at(0), &number);
  const char *(*name)(nvmlReturn_t) = look_up("nvmlErrorString");
  for (int status = 0; status <= 20; status++)
    if (status != NVML_ERROR_IN_USE) printf("%d %s\n", status, name(status));
  printf("%s\n", name(NVML_ERROR_UNKNOWN));
}

static void change(void) {
  SAY(nvmlInit_v2);
  nvmlDevice_t device = device_at(0);
  SAY(nvmlDeviceSetPersistenceMode, device, 1);
  SAY(nvmlDeviceSetPowerManagementLimit, device, 61000);
  NUMBER(nvmlDeviceGetPersistenceMode, nvmlEnableState_t, device);
  NUMBER(nvmlDeviceGetPowerManagementLimit, unsigned, device);
}

static void processes(void) {
  for (unsigned i = 0;; i++) {
    nvmlDevice_t device = NULL;
    if (CALL(nvmlDeviceGetHandleByIndex_v2, i, &device)) return;
    unsigned count = 0;
    printf("device %u: %d", i, CALL(nvmlDeviceGetComputeRunningProcesses_v3, device, &count, NULL));
    printf(" %u", count);
    nvmlProcessInfo_t all[32];
    count = 32;
    printf(" %d", CALL(nvmlDeviceGetComputeRunningProcesses_v3, device, &count, all));
    printf(" %u\n", count);
    for (unsigned p = 0; p < count; p++)
      printf("  %s %llu %u %u\n", all[p].pid == (unsigned)getpid() ? "own" : "another", all[p].usedGpuMemory,
             all[p].gpuInstanceId, all[p].computeInstanceId);
    nvmlProcessInfo_v1_t first[32];
    unsigned of_first = 32, of_second = 32;
    nvmlProcessInfo_v2_t second[32];
    nvmlReturn_t one = CALL(nvmlDeviceGetComputeRunningProcesses, device, &of_first, first);
    nvmlReturn_t two = CALL(nvmlDeviceGetComputeRunningProcesses_v2, device, &of_second, second);
    printf("  versions %d %d %u %u %s\n", one, two, of_first, of_second,
           count && (first[0].pid != all[0].pid || second[0].pid != all[0].pid ||
                     first[0].usedGpuMemory != all[0].usedGpuMemory) ? "differ" : "agree");
    count = 32;
    printf("  drawing %d", CALL(nvmlDeviceGetGraphicsRunningProcesses_v3, device, &count, all));
    printf(" %u\n", count);
    nvmlProcessUtilizationSample_t samples[32];
    count = 32;
    printf("  samples %d", CALL(nvmlDeviceGetProcessUtilization, device, samples, &count, 0));
    printf(" accounting %d", CALL(nvmlDeviceGetAccountingPids, device, &count, (unsigned[32]){0}));
    char text[64] = "";
    printf(" init %d\n", CALL(nvmlSystemGetProcessName, 1, text, sizeof text));
  }
}

static void cuda(void) {
  SAY(nvmlInit_v2);
  void *driver = dlopen("libcuda.so.1", RTLD_NOW);
  int (*init)(unsigned) = dlsym(driver, "cuInit");
  int (*retain)(void **, int) = dlsym(driver, "cuDevicePrimaryCtxRetain");
  int (*create)(void **, unsigned, int) = dlsym(driver, "cuCtxCreate_v2");
  int (*set)(void *) = dlsym(driver, "cuCtxSetCurrent");
  int (*allocate)(unsigned long long *, size_t) = dlsym(driver, "cuMemAlloc_v2");
  int (*give_back)(unsigned long long) = dlsym(driver, "cuMemFree_v2");
  int (*release)(int) = dlsym(driver, "cuDevicePrimaryCtxRelease_v2");
  int (*destroy)(void *) = dlsym(driver, "cuCtxDestroy_v2");
  void *context = NULL;
  unsigned long long memory = 0;
  printf("initialized %d\n", init(0));
  processes();
  printf("a context %d", retain(&context, 0));
  printf(" %d\n", set(context));
  printf("memory %d\n", allocate(&memory, 3 << 20));
  processes();
  printf("without %d\n", give_back(memory));
  processes();
  printf("no context %d", set(NULL));
  printf(" %d\n", release(0));
  processes();
  if (getenv("OWN_CONTEXT")) {
    printf("one of its own %d\n", create(&context, 0, 0));
    processes();
    printf("ended %d\n", destroy(context));
    processes();
  }
}

static void in_child(nvmlDevice_t device) {
  unsigned count = 0;
  printf("%s %d\n", getenv("ANEW") ? "anew" : "as before",
         getenv("ANEW") ? CALL(nvmlInit_v2) : CALL(nvmlDeviceGetCount_v2, &count));
  if (getenv("ANEW")) device = device_at(0);
  TEXT(nvmlDeviceGetName, device);
  processes();
}

int main(int count, char **arguments) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  const char *what = count > 1 ? arguments[1] : "";
  library = dlopen("libnvidia-ml.so.1", RTLD_NOW);
  if (!library) return puts(dlerror()), 1;
  if (!strcmp(what, "ask")) ask();
  else if (!strcmp(what, "wrong")) wrong();
  else if (!strcmp(what, "change")) change();
  else if (!strcmp(what, "processes")) SAY(nvmlInit_v2), processes();
  else if (!strcmp(what, "cuda")) cuda();
  else if (!strcmp(what, "fork")) {
    SAY(nvmlInit_v2);
    nvmlDevice_t device = device_at(0);
    pid_t child = fork();
    if (!child) return in_child(device), 0;
    waitpid(child, NULL, 0);
    TEXT(nvmlDeviceGetName, device);
  } else return 2;
  return 0;
}

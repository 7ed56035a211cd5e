/* Waits in clFinish for a user event that its other thread completes when it is told to. */
#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>
#include <pthread.h>
#include <stdio.h>

static cl_event gate;

static void *open_gate(void *unused) {
  (void)unused;
  if (getchar() != EOF) clSetUserEventStatus(gate, CL_COMPLETE);
  return NULL;
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  cl_platform_id platform;
  cl_device_id device;
  if (clGetPlatformIDs(1, &platform, NULL) || clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL)) return 2;
  cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, NULL);
  cl_command_queue queue = clCreateCommandQueueWithProperties(context, device, NULL, NULL);
  gate = clCreateUserEvent(context, NULL);
  if (clEnqueueMarkerWithWaitList(queue, 1, &gate, NULL)) return 2;
  pthread_t thread;
  if (pthread_create(&thread, NULL, open_gate, NULL)) return 2;
  puts("waiting");
  cl_int status = clFinish(queue);
  printf("clFinish: %d\n", status);
  return status ? 3 : 0;
}

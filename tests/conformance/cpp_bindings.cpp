// A C++ program over Khronos' opencl.hpp: vector add, exceptions, callbacks.
// Prints "cpp_bindings ok" and exits 0, or says what went wrong and exits 1.

#define CL_HPP_ENABLE_EXCEPTIONS
#define CL_HPP_TARGET_OPENCL_VERSION 300
#define CL_HPP_MINIMUM_OPENCL_VERSION 110
#include <CL/opencl.hpp>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr const char *kSource = R"(
__kernel void vector_add(__global const float *a, __global const float *b, __global float *c, float scale)
{
    size_t i = get_global_id(0);
    c[i] = (a[i] + b[i]) * scale;
}
)";

void require(bool condition, const std::string &what)
{
    if (!condition)
        throw std::runtime_error("not so: " + what);
}

template <typename Call>
void require_error(cl_int want, const std::string &what, Call call)
{
    try {
        call();
    } catch (const cl::Error &error) {
        require(error.err() == want, what + " throws " + std::to_string(want) + ", not " +
                                         std::to_string(error.err()) + " of " + error.what());
        return;
    }
    throw std::runtime_error(what + " did not throw");
}

bool wait_until(const std::atomic<int> &counter, int wanted)
{
    for (int i = 0; i < 20000 && counter < wanted; i++)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return counter == wanted;
}

void vector_add(const cl::Context &context, const cl::Device &device)
{
    const size_t n = 100000;
    std::vector<float> a(n), b(n, 2.0f), c(n);
    std::iota(a.begin(), a.end(), 0.0f);

    cl::CommandQueue queue(context, device, cl::QueueProperties::Profiling);
    cl::Buffer buffer_a(context, a.begin(), a.end(), true);
    cl::Buffer buffer_b(context, b.begin(), b.end(), true, true); // in the program's memory
    cl::Buffer buffer_c(context, CL_MEM_WRITE_ONLY, n * sizeof(float));

    cl::Program program(context, kSource);
    program.build(device, "-cl-mad-enable");
    require(program.getBuildInfo<CL_PROGRAM_BUILD_STATUS>(device) == CL_BUILD_SUCCESS, "the build succeeds");
    require(program.getInfo<CL_PROGRAM_KERNEL_NAMES>() == "vector_add", "the kernel is called vector_add");

    cl::KernelFunctor<cl::Buffer, cl::Buffer, cl::Buffer, float> add(program, "vector_add");
    cl::Event done = add(cl::EnqueueArgs(queue, cl::NDRange(n)), buffer_a, buffer_b, buffer_c, 0.5f);

    std::atomic<int> calls{0};
    done.setCallback(
        CL_COMPLETE, [](cl_event, cl_int, void *arg) { ++*static_cast<std::atomic<int> *>(arg); }, &calls);
    cl::copy(queue, buffer_c, c.begin(), c.end());
    for (size_t i = 0; i < n; i++)
        require(c[i] == (static_cast<float>(i) + 2.0f) * 0.5f, "element " + std::to_string(i));
    require(wait_until(calls, 1), "the event's callback is called once");
    require(done.getProfilingInfo<CL_PROFILING_COMMAND_START>() <= done.getProfilingInfo<CL_PROFILING_COMMAND_END>(),
            "the start is not after the end");
    require(queue.getInfo<CL_QUEUE_CONTEXT>()() == context(), "the queue's context");
}

void maps_and_destructors(const cl::Context &context, const cl::Device &device)
{
    std::atomic<int> destroyed{0};
    cl::CommandQueue queue(context, device);
    {
        cl::Buffer buffer(context, CL_MEM_READ_WRITE, 4096);
        buffer.setDestructorCallback(
            [](cl_mem, void *arg) { ++*static_cast<std::atomic<int> *>(arg); }, &destroyed);
        auto *at = static_cast<unsigned char *>(queue.enqueueMapBuffer(buffer, CL_TRUE, CL_MAP_WRITE, 0, 4096));
        std::fill(at, at + 4096, static_cast<unsigned char>(0x42));
        queue.enqueueUnmapMemObject(buffer, at);
        std::vector<unsigned char> back(4096);
        queue.enqueueReadBuffer(buffer, CL_TRUE, 0, 4096, back.data());
        require(back == std::vector<unsigned char>(4096, 0x42), "what was mapped is read");
        cl::Buffer another = buffer; // retains
        require(buffer.getInfo<CL_MEM_REFERENCE_COUNT>() == 2, "two references");
    }
    queue.finish();
    require(wait_until(destroyed, 1), "the destructor callback is called once");
}

void errors(const cl::Context &context, const cl::Device &device)
{
    require_error(CL_INVALID_BUFFER_SIZE, "an empty buffer", [&] { cl::Buffer(context, CL_MEM_READ_WRITE, 0); });

    cl::Program broken(context, "__kernel void k() { nonsense }");
    try {
        broken.build(device);
        throw std::runtime_error("nonsense compiles");
    } catch (const cl::BuildError &error) {
        require(error.err() == CL_BUILD_PROGRAM_FAILURE, "the code of a broken build");
        require(error.getBuildLog().size() == 1 && !error.getBuildLog()[0].second.empty(), "the log of a broken build");
    }

    cl::Program program(context, kSource, true);
    require_error(CL_INVALID_KERNEL_NAME, "an unknown kernel", [&] { cl::Kernel(program, "nothing"); });
    cl::Kernel kernel(program, "vector_add");
    require_error(CL_INVALID_ARG_INDEX, "argument 4", [&] { kernel.setArg(4, 1.0f); });

    cl::CommandQueue queue(context, device);
    cl::UserEvent bad(context);
    bad.setStatus(-5);
    require_error(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, "waiting for a failed event", [&] { bad.wait(); });
}

void defaults()
{
    std::vector<cl::Platform> platforms;
    cl::Platform::get(&platforms);
    require(!platforms.empty(), "there is a platform");
    cl::Context context = cl::Context::getDefault();
    cl::CommandQueue queue = cl::CommandQueue::getDefault();
    require(queue.getInfo<CL_QUEUE_CONTEXT>()() == context(), "the default queue is of the default context");
    std::vector<int> data(1000, 3), back(1000);
    cl::Buffer buffer(data.begin(), data.end(), false);
    cl::copy(buffer, back.begin(), back.end());
    require(data == back, "the default queue copies");
}

} // namespace

int main()
{
    try {
        std::vector<cl::Platform> platforms;
        cl::Platform::get(&platforms);
        require(!platforms.empty(), "there is a platform");
        std::vector<cl::Device> devices;
        platforms[0].getDevices(CL_DEVICE_TYPE_ALL, &devices);
        require(!devices.empty(), "there is a device");
        require(!devices[0].getInfo<CL_DEVICE_NAME>().empty(), "the device has a name");
        cl::Context context(devices[0]);
        vector_add(context, devices[0]);
        maps_and_destructors(context, devices[0]);
        errors(context, devices[0]);
        defaults();
    } catch (const cl::Error &error) {
        std::cerr << "cpp_bindings FAIL " << error.what() << " (" << error.err() << ")\n";
        return EXIT_FAILURE;
    } catch (const std::exception &error) {
        std::cerr << "cpp_bindings FAIL " << error.what() << "\n";
        return EXIT_FAILURE;
    }
    std::cout << "cpp_bindings ok\n";
    return EXIT_SUCCESS;
}

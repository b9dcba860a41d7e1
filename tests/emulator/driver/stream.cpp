#include "stream.h"

#include "memory.h"

#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <set>

namespace emulator {
namespace {

using Clock = std::chrono::steady_clock;

struct Event {
    Clock::time_point time;
    bool recorded = false;
    std::shared_ptr<Graph> captured_into; // a stream that waits for the event joins this capture
    Node* last = nullptr;
};

Stream default_stream;
std::mutex gate;
std::set<Stream*> streams;
std::atomic<unsigned long long> captures{0};

void end_capture(Stream& stream) {
    stream.captured_into.reset();
    stream.capture_began_here = false;
    stream.last = nullptr;
}

Status check_range(const char* call, const void* memory, size_t bytes) {
    if (bytes == 0 || is_device_memory(memory, bytes)) return Success;
    return report(InvalidValue, text("%s: %zu bytes at %p are not inside one device allocation", call, bytes, memory));
}

Status copy(Stream* stream, void* destination, const void* source, size_t bytes) {
    return put(stream, [=] {
        memmove(destination, source, bytes);
        return Success;
    });
}

template <class T> Status set(const char* call, Stream* stream, T* destination, T value, size_t count) {
    if (Status status = check_range(call, destination, count * sizeof(T))) return status;
    return put(stream, [=] {
        std::fill_n(destination, count, value);
        return Success;
    });
}

} // namespace

Stream& stream_of(Stream* handle) { return handle ? *handle : default_stream; }

Status put(Stream* handle, Work work) {
    Stream& stream = stream_of(handle);
    if (!stream.captured_into) return work();
    stream.last = stream.captured_into->add(std::move(work));
    return Success;
}

} // namespace emulator

using namespace emulator;

extern "C" {

Status cuStreamCreateWithPriority(Stream** stream, unsigned, int) {
    std::lock_guard<std::mutex> lock(gate);
    *stream = new Stream;
    streams.insert(*stream);
    return Success;
}

Status cuStreamDestroy_v2(Stream* stream) {
    std::lock_guard<std::mutex> lock(gate);
    if (streams.erase(stream) == 0) return InvalidHandle;
    delete stream;
    return Success;
}

Status cuStreamSynchronize(Stream* stream) {
    if (stream_of(stream).captured_into) return CaptureUnsupported;
    return check_ends();
}

Status cuStreamIsCapturing(Stream* stream, int* status) {
    *status = stream_of(stream).captured_into ? 1 : 0;
    return Success;
}

Status cuStreamBeginCapture_v2(Stream* stream, int) {
    Stream& captured = stream_of(stream);
    if (captured.captured_into) return InvalidValue;
    captured.captured_into = std::make_shared<Graph>();
    captured.capture_began_here = true;
    captured.capture_number = ++captures;
    return Success;
}

Status cuStreamBeginCaptureToGraph(Stream* stream, GraphHandle* graph, Node* const*, const void*, size_t, int) {
    Stream& captured = stream_of(stream);
    if (captured.captured_into) return InvalidValue;
    captured.captured_into = graph->graph;
    captured.capture_began_here = true;
    captured.capture_number = ++captures;
    return Success;
}

Status cuStreamEndCapture(Stream* stream, GraphHandle** graph) {
    Stream& captured = stream_of(stream);
    if (!captured.captured_into || !captured.capture_began_here) return InvalidValue;
    *graph = new GraphHandle{captured.captured_into};
    std::lock_guard<std::mutex> lock(gate);
    for (Stream* other : streams) {
        if (other != &captured && other->captured_into == captured.captured_into) end_capture(*other);
    }
    end_capture(captured);
    return Success;
}

Status cuStreamGetCaptureInfo_v3(Stream* stream, int* status, unsigned long long* number, GraphHandle** graph, Node*** dependencies,
                                 void** edge_data, size_t* dependency_count) {
    Stream& captured = stream_of(stream);
    *status = captured.captured_into ? 1 : 0;
    *number = captured.capture_number;
    static thread_local GraphHandle handle; // valid until the next call, as the driver's arrays are
    handle.graph = captured.captured_into;
    *graph = captured.captured_into ? &handle : nullptr;
    *dependencies = &captured.last;
    *edge_data = nullptr;
    *dependency_count = captured.last ? 1 : 0;
    return Success;
}

Status cuStreamUpdateCaptureDependencies_v2(Stream* stream, Node** dependencies, void*, size_t count, unsigned) {
    if (!stream_of(stream).captured_into) return InvalidValue;
    stream_of(stream).last = count > 0 ? dependencies[count - 1] : nullptr;
    return Success;
}

Status cuStreamWaitEvent(Stream* stream, Event* event, unsigned) {
    Stream& waiting = stream_of(stream);
    if (event->captured_into && !waiting.captured_into) {
        waiting.captured_into = event->captured_into;
        waiting.last = event->last;
    }
    return Success;
}

Status cuEventCreate(Event** event, unsigned) {
    *event = new Event;
    return Success;
}

Status cuEventDestroy_v2(Event* event) {
    delete event;
    return Success;
}

Status cuEventRecord(Event* event, Stream* stream) {
    Stream& recorded = stream_of(stream);
    event->captured_into = recorded.captured_into;
    event->last = recorded.last;
    if (!recorded.captured_into) {
        event->time = Clock::now();
        event->recorded = true;
    }
    return Success;
}

Status cuEventSynchronize(Event*) { return check_ends(); }
Status cuEventQuery(Event*) { return Success; }

Status cuEventElapsedTime(float* milliseconds, Event* start, Event* end) {
    if (!start->recorded || !end->recorded) return InvalidHandle;
    *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
    return Success;
}

Status cuMemAllocFromPoolAsync(void** memory, size_t bytes, void*, Stream* stream) {
    return stream_of(stream).captured_into ? CaptureUnsupported : allocate(memory, bytes);
}

Status cuMemFreeAsync(void* memory, Stream* stream) {
    return stream_of(stream).captured_into ? CaptureUnsupported : emulator::free(memory);
}

Status cuMemcpyHtoDAsync_v2(void* destination, const void* source, size_t bytes, Stream* stream) {
    if (Status status = check_range("cuMemcpyHtoDAsync", destination, bytes)) return status;
    return copy(stream, destination, source, bytes);
}

Status cuMemcpyDtoHAsync_v2(void* destination, const void* source, size_t bytes, Stream* stream) {
    if (Status status = check_range("cuMemcpyDtoHAsync", source, bytes)) return status;
    return copy(stream, destination, source, bytes);
}

Status cuMemcpyDtoDAsync_v2(void* destination, const void* source, size_t bytes, Stream* stream) {
    if (Status status = check_range("cuMemcpyDtoDAsync", destination, bytes)) return status;
    if (Status status = check_range("cuMemcpyDtoDAsync", source, bytes)) return status;
    return copy(stream, destination, source, bytes);
}

Status cuMemsetD8Async(unsigned char* destination, unsigned char value, size_t count, Stream* stream) {
    return set("cuMemsetD8Async", stream, destination, value, count);
}

Status cuMemsetD32Async(unsigned* destination, unsigned value, size_t count, Stream* stream) {
    return set("cuMemsetD32Async", stream, destination, value, count);
}

} // extern "C"

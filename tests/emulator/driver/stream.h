#pragma once
#include "graph.h"
#include "status.h"

#include <functional>
#include <memory>

namespace emulator {

// Work runs when it is put into a stream; while the stream is captured it becomes a node of the graph instead.
struct Stream {
    std::shared_ptr<Graph> captured_into;
    bool capture_began_here = false;
    Node* last = nullptr; // what cuStreamGetCaptureInfo gives as dependency
    unsigned long long capture_number = 0;
};

using Work = std::function<Status()>;

// A null handle is the default stream.
Stream& stream_of(Stream* handle);

// Runs the work or adds it to the graph. Also the way in for the BLAS libraries, which know streams by their handles only.
Status put(Stream* stream, Work work);

} // namespace emulator

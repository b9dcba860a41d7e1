#pragma once
#include "status.h"

#include <functional>
#include <memory>
#include <vector>

namespace emulator {

struct Graph;

// Handles are objects that share the graph with captures and nodes.
struct GraphHandle {
    std::shared_ptr<Graph> graph;
};

// The value that a conditional node reads; its address is the handle.
struct Condition {
    unsigned value; // first, because kernels write through the handle
    unsigned at_launch;
    bool has_value_at_launch;
};

struct Node {
    std::function<Status()> work;
    // A conditional node instead:
    std::unique_ptr<GraphHandle> body;
    Condition* condition = nullptr;
    bool repeats = false;
};

// Nodes in the order in which they were added: a dependency is always there before what depends on it, so that order is a right one.
struct Graph {
    std::vector<std::shared_ptr<Node>> nodes;
    std::vector<std::shared_ptr<Condition>> conditions;

    Node* add(std::function<Status()> work);
    Status run() const;
};

} // namespace emulator

#include "graph.h"

#include "module.h"
#include "stream.h"

namespace emulator {

Node* Graph::add(std::function<Status()> work) {
    nodes.push_back(std::make_shared<Node>());
    nodes.back()->work = std::move(work);
    return nodes.back().get();
}

Status Graph::run() const {
    for (const auto& node : nodes) {
        if (!node->condition) {
            if (Status status = node->work()) return status;
            continue;
        }
        while (node->condition->value != 0) {
            if (Status status = node->body->graph->run()) return status;
            if (!node->repeats) break;
        }
    }
    return Success;
}

namespace {

// The start of CUgraphNodeParams with its union read as CUDA_CONDITIONAL_NODE_PARAMS.
struct ConditionalParameters {
    int type, reserved0[3];
    Condition* condition;
    int kind;
    unsigned size;
    GraphHandle** bodies;
};

struct KernelParameters {
    Function* function;
    Extent grid, block;
    unsigned shared_bytes;
    void** arguments;
};

constexpr int ConditionalNode = 13, While = 1;

} // namespace
} // namespace emulator

using namespace emulator;

extern "C" {

Status cuGraphCreate(GraphHandle** graph, unsigned) {
    *graph = new GraphHandle{std::make_shared<Graph>()};
    return Success;
}

Status cuGraphDestroy(GraphHandle* graph) {
    delete graph;
    return Success;
}

Status cuGraphGetNodes(GraphHandle* graph, Node** nodes, size_t* count) {
    size_t available = graph->graph->nodes.size();
    for (size_t i = 0; nodes && i < *count && i < available; i++) {
        nodes[i] = graph->graph->nodes[i].get();
    }
    *count = available;
    return Success;
}

Status cuGraphAddKernelNode_v2(Node** node, GraphHandle* graph, Node* const*, size_t, const KernelParameters* parameters) {
    Work work;
    Status status = prepare_launch(work, parameters->function, parameters->grid, parameters->block, parameters->shared_bytes, parameters->arguments);
    if (status == Success) *node = graph->graph->add(std::move(work));
    return status;
}

Status cuGraphConditionalHandleCreate(Condition** handle, GraphHandle* graph, void*, unsigned value_at_launch, unsigned flags) {
    graph->graph->conditions.push_back(std::make_shared<Condition>(Condition{0, value_at_launch, (flags & 1) != 0}));
    *handle = graph->graph->conditions.back().get();
    return Success;
}

Status cuGraphAddNode_v2(Node** node, GraphHandle* graph, Node* const*, const void*, size_t, ConditionalParameters* parameters) {
    if (parameters->type != ConditionalNode || parameters->size != 1) return NotSupported;
    *node = graph->graph->add(nullptr);
    (*node)->body = std::make_unique<GraphHandle>(GraphHandle{std::make_shared<Graph>()});
    (*node)->condition = parameters->condition;
    (*node)->repeats = parameters->kind == While;
    static thread_local GraphHandle* bodies[1];
    bodies[0] = (*node)->body.get();
    parameters->bodies = bodies;
    return Success;
}

// An executable keeps nodes and conditions alive; nodes added to the graph later are not in it.
Status cuGraphInstantiateWithFlags(Graph** executable, GraphHandle* graph, unsigned long long) {
    *executable = new Graph(*graph->graph);
    return Success;
}

Status cuGraphUpload(Graph*, Stream*) { return Success; }

Status cuGraphLaunch(Graph* executable, Stream* stream) {
    return put(stream, [executable] {
        for (const auto& condition : executable->conditions) {
            if (condition->has_value_at_launch) condition->value = condition->at_launch;
        }
        return executable->run();
    });
}

Status cuGraphExecDestroy(Graph* executable) {
    delete executable;
    return Success;
}

} // extern "C"

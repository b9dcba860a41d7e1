#include "source.h"

#include <cctype>
#include <set>
#include <utility>
#include <vector>

namespace emulator {
namespace {

constexpr char GlobalWord[] = "__autotower_global__";
constexpr char SharedWord[] = "__autotower_shared__";
constexpr char BoundsWord[] = "__autotower_launch_bounds__";

bool is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

size_t skip_space(const std::string& text, size_t at) {
    while (at < text.size() && isspace((unsigned char)text[at])) at++;
    return at;
}

// The place behind the bracket that closes the one at `open`.
size_t skip_brackets(const std::string& text, size_t open) {
    int depth = 0;
    for (size_t at = open; at < text.size(); at++) {
        depth += text[at] == '(';
        depth -= text[at] == ')';
        if (depth == 0) return at + 1;
    }
    return text.size();
}

void blank(std::string& text, size_t from, size_t to) {
    for (; from < to; from++) {
        if (text[from] != '\n') text[from] = ' ';
    }
}

bool ends_with(const std::string& text, size_t end, const std::string& ending) {
    while (end > 0 && isspace((unsigned char)text[end - 1])) end--;
    return end >= ending.size() && text.compare(end - ending.size(), ending.size(), ending) == 0;
}

struct Found {
    std::string name, max_threads;
};

// Reads a declaration behind __global__ up to its name: the word in front of the parameters. Launch bounds are blanked.
Found read_kernel(std::string& text, size_t at) {
    Found found{"", "1024"};
    while (at < text.size()) {
        at = skip_space(text, at);
        size_t start = at;
        while (at < text.size() && is_word(text[at])) at++;
        std::string word = text.substr(start, at - start);
        size_t next = skip_space(text, at);
        if (word.empty()) {
            at++;
        } else if (text[next] == '(') {
            size_t end = skip_brackets(text, next);
            if (word != BoundsWord && word != "__attribute__") {
                found.name = word;
                return found;
            }
            if (word == BoundsWord) {
                std::string bounds = text.substr(next + 1, end - next - 2);
                found.max_threads = bounds.substr(0, bounds.find(','));
                blank(text, start, end);
            }
            at = end;
        }
    }
    return found;
}

// `extern __shared__ T name[];` is the dynamic shared memory, any other __shared__ a static in a section of its own.
void replace_shared(std::string& text) {
    for (size_t at = text.find(SharedWord); at != std::string::npos; at = text.find(SharedWord, at)) {
        size_t word_end = at + sizeof SharedWord - 1;
        if (!ends_with(text, at, "extern")) {
            std::string variable = "static __attribute__((section(\"autotower_shared\"), used))";
            text.replace(at, sizeof SharedWord - 1, variable);
            at += variable.size();
            continue;
        }
        size_t semicolon = text.find(';', at);
        size_t bracket = text.rfind('[', semicolon);
        size_t name_end = bracket;
        while (isspace((unsigned char)text[name_end - 1])) name_end--;
        size_t name = name_end;
        while (is_word(text[name - 1])) name--;
        std::string type = text.substr(word_end, name - word_end);
        for (size_t attribute = type.find("__attribute__"); attribute != std::string::npos; attribute = type.find("__attribute__")) {
            type.erase(attribute, skip_brackets(type, type.find('(', attribute)) - attribute);
        }
        size_t start = text.rfind("extern", at);
        std::string pointer = type + "* const " + text.substr(name, name_end - name) + " = (" + type + "*)autotower_state.dynamic_shared";
        text.replace(start, semicolon - start, pointer);
        at = start;
    }
}

} // namespace

std::string finish(const std::string& preprocessed) {
    std::string text = preprocessed;
    std::vector<Found> kernels;
    std::set<std::string> names;
    for (size_t at = text.find(GlobalWord); at != std::string::npos; at = text.find(GlobalWord, at)) {
        bool exported = ends_with(text, at, "extern \"C\"");
        blank(text, at, at + sizeof GlobalWord - 1);
        Found kernel = read_kernel(text, at);
        if (exported && names.insert(kernel.name).second) {
            kernels.push_back(kernel);
        }
    }
    replace_shared(text);
    text += "\n# 1 \"table of kernels\"\nstatic const emulator::Kernel autotower_kernels[] = {\n";
    for (const Found& kernel : kernels) {
        text += "emulator::Entry<&" + kernel.name + ">::entry(\"" + kernel.name + "\", " + kernel.max_threads + "),\n";
    }
    text += "{nullptr, nullptr, nullptr, 0, 0}};\n"
        "extern \"C\" const emulator::Module autotower_module = {&autotower_state, autotower_kernels, __start_autotower_shared, "
        "__stop_autotower_shared};\n";
    return text;
}

} // namespace emulator

// libnvrtc.so.13 of the emulator: compiles kernel sources to shared objects of the host with clang. The functions have NVRTC's names and
// types; the "cubin" is the shared object.
#include "source.h"

#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <map>
#include <sstream>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <vector>

namespace {

enum Result { Success = 0, InvalidInput = 3, InvalidProgram = 4, InvalidOption = 5, CompilationFailed = 6, InternalError = 11 };

struct Program {
    std::string source, name, log, image;
    std::map<std::string, std::string> headers;
};

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void write_file(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

std::string quoted(const std::string& text) {
    std::string result = "'";
    for (char c : text) {
        result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return result + "'";
}

// A folder that goes away with the object.
class TemporaryFolder {
public:
    TemporaryFolder() {
        char name[] = "/tmp/autotower-emulator-XXXXXX";
        path_ = mkdtemp(name);
    }
    ~TemporaryFolder() { (void)!system(("rm -rf " + quoted(path_)).c_str()); }

    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

    // Writes a file under a name that may hold folders.
    void write(const std::string& name, const std::string& text) const {
        for (size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
            mkdir((path_ + "/" + name.substr(0, slash)).c_str(), 0700);
        }
        write_file(path_ + "/" + name, text);
    }

    // Runs clang in the folder; false when it failed. Its messages are added to the log.
    bool clang(const std::string& arguments, std::string& log) const {
        std::string command = "cd " + quoted(path_) + " && exec " EMULATOR_CLANG " -std=c++17 -fno-exceptions -fno-rtti -w "
            "-fdiagnostics-format=msvc -fno-show-column -fno-caret-diagnostics " + arguments + " 2> messages";
        int status = system(command.c_str());
        log += read_file(path_ + "/messages");
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }

private:
    std::string path_;
};

std::string device_folder() {
    Dl_info here;
    dladdr(reinterpret_cast<void*>(&device_folder), &here);
    std::string library = here.dli_fname;
    return library.substr(0, library.rfind('/') + 1) + "device";
}

// NVRTC's options as clang's; false for an option that NVRTC does not have or the engine does not use.
bool translate(const std::string& option, std::string& arguments) {
    auto value_of = [&](const char* prefix) { return option.rfind(prefix, 0) == 0 ? option.substr(strlen(prefix)) : std::string(); };
    if (std::string architecture = value_of("--gpu-architecture=sm_"); !architecture.empty()) {
        arguments += " -D__CUDA_ARCH__=" + std::to_string(atoi(architecture.c_str()) * 10);
    } else if (std::string definition = value_of("--define-macro="); !definition.empty()) {
        arguments += " -D" + quoted(definition);
    } else if (option != "--std=c++17" && option != "--generate-line-info" && option != "--device-as-default-execution-space") {
        return false;
    }
    return true;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
}

Result compile(Program& program, const std::vector<std::string>& options) {
    std::string definitions = " -DAUTOTOWER_EMULATOR";
    for (const std::string& option : options) {
        if (!translate(option, definitions)) {
            program.log = "nvrtc: error: the emulator does not know the option " + option + "\n";
            return InvalidOption;
        }
    }
    TemporaryFolder folder;
    for (const auto& [name, text] : program.headers) {
        folder.write(name, text);
    }
    folder.write(program.name, program.source);
    bool done = folder.clang("-E -x c++ -include language.h -I . -I " + quoted(device_folder()) + definitions + " -o expanded " +
        quoted(program.name), program.log);
    if (done) {
        std::string expanded = read_file(folder / "expanded");
        replace_all(expanded, "#pragma unroll", "#pragma unrolled"); // Ignored: a processor gains nothing from it, and the compiler takes minutes over it.
        folder.write("expanded.ii", emulator::finish(expanded));
        // Out-of-bounds subscripts of arrays with a known size are reported by the kernel itself, see language.h.
        done = folder.clang(std::string("-O1 -g1 -fPIC -shared -nostdlib ") + EMULATOR_TARGET +
            " -fsanitize=bounds -fno-sanitize-recover=bounds -fno-sanitize-link-runtime -Wl,-Bsymbolic -Wl,-z,defs -o image expanded.ii -lm -lc", program.log);
    }
    replace_all(program.log, ": fatal error: ", ": catastrophic error: ");
    if (!done) {
        return CompilationFailed;
    }
    program.image = read_file(folder / "image");
    return Success;
}

} // namespace

extern "C" {

int nvrtcVersion(int* major, int* minor) {
    *major = 13;
    *minor = EMULATOR_VERSION; // a checksum: another emulator must not find this one's binaries in the engine's cache
    return Success;
}

const char* nvrtcGetErrorString(int result) {
    switch (result) {
        case Success: return "NVRTC_SUCCESS";
        case InvalidInput: return "NVRTC_ERROR_INVALID_INPUT";
        case InvalidProgram: return "NVRTC_ERROR_INVALID_PROGRAM";
        case InvalidOption: return "NVRTC_ERROR_INVALID_OPTION";
        case CompilationFailed: return "NVRTC_ERROR_COMPILATION";
        default: return "NVRTC_ERROR_INTERNAL_ERROR";
    }
}

int nvrtcCreateProgram(Program** program, const char* source, const char* name, int header_count, const char* const* headers,
                       const char* const* include_names) {
    *program = new Program{source, name, "", "", {}};
    for (int i = 0; i < header_count; i++) {
        if (std::string(include_names[i]).find("..") != std::string::npos) {
            return InvalidInput;
        }
        (*program)->headers[include_names[i]] = headers[i];
    }
    return Success;
}

int nvrtcDestroyProgram(Program** program) {
    delete *program;
    *program = nullptr;
    return Success;
}

int nvrtcCompileProgram(Program* program, int option_count, const char* const* options) {
    program->log.clear();
    program->image.clear();
    return compile(*program, std::vector<std::string>(options, options + option_count));
}

int nvrtcGetCUBINSize(Program* program, size_t* size) {
    *size = program->image.size();
    return program->image.empty() ? InvalidProgram : Success;
}

int nvrtcGetCUBIN(Program* program, char* image) {
    memcpy(image, program->image.data(), program->image.size());
    return program->image.empty() ? InvalidProgram : Success;
}

int nvrtcGetProgramLogSize(Program* program, size_t* size) {
    *size = program->log.size() + 1;
    return Success;
}

int nvrtcGetProgramLog(Program* program, char* log) {
    memcpy(log, program->log.c_str(), program->log.size() + 1);
    return Success;
}

} // extern "C"

// Loads TensorFlow's shared libraries on the caller's terms. Needs Node-API and libdl, not TensorFlow.
//
//   open({ environment: { NAME: value }, libraries: [path, …] })  ->  { NAME: value in force }
//
// Environment: set with setenv (where the user has not), because process.env is a mere copy in worker threads.
// Standard error: closed while the libraries run their static initialisers. oneDNN's notice is printed there, before
// TF_CPP_MIN_LOG_LEVEL is read, and no setting silences it.
#include <dlfcn.h>
#include <fcntl.h>
#include <node_api.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace {

std::string Text(napi_env env, napi_value value) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) return "";
  std::string text(length, '\0');
  napi_get_value_string_utf8(env, value, &text[0], length + 1, &length);
  return text;
}

std::vector<napi_value> Elements(napi_env env, napi_value array) {
  uint32_t length = 0;
  napi_get_array_length(env, array, &length);
  std::vector<napi_value> elements(length);
  for (uint32_t i = 0; i < length; ++i) napi_get_element(env, array, i, &elements[i]);
  return elements;
}

class Silence {
 public:
  Silence() : kept_(dup(STDERR_FILENO)) {
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (kept_ >= 0 && nowhere >= 0) dup2(nowhere, STDERR_FILENO);
    if (nowhere >= 0) close(nowhere);
  }
  ~Silence() {
    if (kept_ < 0) return;
    dup2(kept_, STDERR_FILENO);
    close(kept_);
  }

 private:
  const int kept_;
};

napi_value Open(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value options, environment, names, libraries, in_force;
  napi_get_cb_info(env, info, &count, &options, nullptr, nullptr);
  napi_get_named_property(env, options, "environment", &environment);
  napi_get_named_property(env, options, "libraries", &libraries);
  napi_get_property_names(env, environment, &names);
  napi_create_object(env, &in_force);
  for (napi_value name : Elements(env, names)) {
    napi_value value;
    napi_get_property(env, environment, name, &value);
    const std::string key = Text(env, name);
    setenv(key.c_str(), Text(env, value).c_str(), /*overwrite=*/0);
    napi_create_string_utf8(env, getenv(key.c_str()), NAPI_AUTO_LENGTH, &value);
    napi_set_property(env, in_force, name, value);
  }
  std::string failure;
  {
    Silence silence;
    for (napi_value library : Elements(env, libraries))
      if (failure.empty() && !dlopen(Text(env, library).c_str(), RTLD_NOW)) failure = dlerror();
  }
  if (!failure.empty()) napi_throw_error(env, nullptr, failure.c_str());
  return in_force;
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value open;
  napi_create_function(env, "open", NAPI_AUTO_LENGTH, Open, nullptr, &open);
  napi_set_named_property(env, exports, "open", open);
  return exports;
}

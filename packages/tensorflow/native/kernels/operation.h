// Operations on TensorFlow's C API for kernels. Shapes are checked by the caller, in TypeScript.
#ifndef PERFIT_OPERATION_H_
#define PERFIT_OPERATION_H_

#include <initializer_list>
#include <string>
#include <vector>

#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "vector.h"

namespace perfit {

template <class T>
struct TypeOf;
template <>
struct TypeOf<float> {
  static constexpr TF_DataType value = TF_FLOAT;
};
template <>
struct TypeOf<BFloat16> {
  static constexpr TF_DataType value = TF_BFLOAT16;
};
template <>
struct TypeOf<int32_t> {
  static constexpr TF_DataType value = TF_INT32;
};

// One execution: borrows inputs, allocates outputs, ends the handles with itself.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context), status_(TF_NewStatus()) {}
  ~Call() {
    if (TF_GetCode(status_) != TF_OK) TF_OpKernelContext_Failure(context_, status_);
    for (TF_Tensor* tensor : held_) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status_);
  }
  Call(const Call&) = delete;

  // Ends the execution with an error of the caller's.
  void Refuse(const std::string& message) { TF_SetStatus(status_, TF_INVALID_ARGUMENT, message.c_str()); }

  // An input's values; `extents` receives its shape.
  template <class T>
  const T* Input(int index, std::vector<int64_t>* extents = nullptr) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context_, index, &tensor, status_);
    if (!tensor) return nullptr;
    held_.push_back(tensor);
    if (extents)
      for (int axis = 0; axis < TF_NumDims(tensor); ++axis) extents->push_back(TF_Dim(tensor, axis));
    return static_cast<const T*>(TF_TensorData(tensor));
  }

  // A new output's values; null where there is no memory, which the destructor reports.
  template <class T>
  T* Output(int index, const std::vector<int64_t>& extents) {
    int64_t size = sizeof(T);
    for (int64_t extent : extents) size *= extent;
    TF_Tensor* tensor = TF_AllocateOutput(context_, index, TypeOf<T>::value, extents.data(),
                                          static_cast<int>(extents.size()), size, status_);
    if (!tensor) return nullptr;
    held_.push_back(tensor);
    return static_cast<T*>(TF_TensorData(tensor));
  }

 private:
  TF_OpKernelContext* const context_;
  TF_Status* const status_;
  std::vector<TF_Tensor*> held_;
};

// An operation's attributes, read once.
class Attributes {
 public:
  explicit Attributes(TF_OpKernelConstruction* construction) : construction_(construction), status_(TF_NewStatus()) {}
  ~Attributes() { TF_DeleteStatus(status_); }
  Attributes(const Attributes&) = delete;

  float Float(const char* name) {
    float value = 0;
    TF_OpKernelConstruction_GetAttrFloat(construction_, name, &value, status_);
    return value;
  }
  int64_t Int(const char* name) {
    int64_t value = 0;
    TF_OpKernelConstruction_GetAttrInt64(construction_, name, &value, status_);
    return value;
  }

 private:
  TF_OpKernelConstruction* const construction_;
  TF_Status* const status_;
};

// Declares an operation.
inline void Define(const char* name, std::initializer_list<const char*> attributes,
                   std::initializer_list<const char*> inputs, std::initializer_list<const char*> outputs) {
  TF_OpDefinitionBuilder* builder = TF_NewOpDefinitionBuilder(name);
  for (const char* attribute : attributes) TF_OpDefinitionBuilderAddAttr(builder, attribute);
  for (const char* input : inputs) TF_OpDefinitionBuilderAddInput(builder, input);
  for (const char* output : outputs) TF_OpDefinitionBuilderAddOutput(builder, output);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(builder, [](TF_ShapeInferenceContext* context, TF_Status* status) {
    TF_ShapeInferenceContextSetUnknownShape(context, status);
  });
  TF_Status* status = TF_NewStatus();
  TF_RegisterOpDefinition(builder, status);
  TF_DeleteStatus(status);
}

// Registers Kernel, which is constructible from Attributes& and called with a Call&, for the element type T.
template <class T, class Kernel>
void Implement(const char* name) {
  TF_KernelBuilder* builder = TF_NewKernelBuilder(
      name, "CPU",
      [](TF_OpKernelConstruction* construction) -> void* {
        Attributes attributes(construction);
        return new Kernel(attributes);
      },
      [](void* kernel, TF_OpKernelContext* context) {
        Call call(context);
        (*static_cast<const Kernel*>(kernel))(call);
      },
      [](void* kernel) { delete static_cast<Kernel*>(kernel); });
  TF_Status* status = TF_NewStatus();
  TF_KernelBuilder_TypeConstraint(builder, "T", TypeOf<T>::value, status);
  TF_RegisterKernelBuilder(name, builder, status);
  TF_DeleteStatus(status);
}

}  // namespace perfit

#endif  // PERFIT_OPERATION_H_

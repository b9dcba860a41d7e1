// Every native signature here is blittable: without runtime marshalling the generated stubs are direct calls, under NativeAOT too.
[assembly: System.Runtime.CompilerServices.DisableRuntimeMarshalling]

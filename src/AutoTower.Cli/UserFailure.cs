using AutoTower.Autograd.Devices;
using AutoTower.Kernels;
using AutoTower.Search.Data;
using AutoTower.Search.Training;

namespace AutoTower.Cli;

/// <summary>Tells failures that a person can mend (bad input, missing files, no memory, no usable GPU) from defects of the program.</summary>
internal static class UserFailure
{
    /// <summary>The sentence for the person, or null for a defect, which should show its stack.</summary>
    public static string? Describe(Exception failure) => failure switch
    {
        DataException or DeviceMemoryException or CudaEngineException or TrainingDivergedException or IOException or UnauthorizedAccessException => failure.Message,
        OutOfMemoryException => "There is not enough memory for this run; fewer users, items or interactions, or a smaller --batch, need less.",
        // The parameter name that .NET appends means nothing to a person.
        ArgumentException argument => argument.Message.Split(" (Parameter '")[0],
        _ => null,
    };
}

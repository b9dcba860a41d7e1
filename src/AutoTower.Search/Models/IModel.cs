using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Parameters;
using AutoTower.Search.Supernet;

namespace AutoTower.Search.Models;

/// <summary>Parameters on a device beside the data that they are for: a supernet, or a single model.</summary>
public interface IModel
{
    /// <summary>The data set, on the device that holds the model.</summary>
    DeviceDataset Data { get; }

    /// <summary>All parameters.</summary>
    ParameterStore Store { get; }

    /// <summary>The device that holds the model.</summary>
    Device Device => Data.Device;
}

using System.Diagnostics;
using System.Text.Json;

namespace AutoTower.Search.Benchmarks;

/// <summary>Wall-clock times of equal repetitions of a piece of work, each ended by waiting for the device.</summary>
/// <param name="Name">What was measured, for example <c>supernet step</c>.</param>
/// <param name="Unit">What one unit of work is, for example <c>step</c>.</param>
/// <param name="UnitsARepetition">Units of work in a repetition.</param>
/// <param name="Milliseconds">Milliseconds of each repetition.</param>
public sealed record Timing(string Name, string Unit, int UnitsARepetition, IReadOnlyList<double> Milliseconds)
{
    /// <summary>Does work after a warm-up.</summary>
    /// <param name="name">What is measured.</param>
    /// <param name="unit">What one unit of work is.</param>
    /// <param name="units">Units of a repetition.</param>
    /// <param name="repetitions">Repetitions.</param>
    /// <param name="warmUp">Units that are not measured.</param>
    /// <param name="work">Does so many units and waits for the device.</param>
    public static Timing Measure(string name, string unit, int units, int repetitions, int warmUp, Action<int> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        work(warmUp);
        var times = new double[repetitions];
        for (var i = 0; i < repetitions; i++)
        {
            var watch = Stopwatch.StartNew();
            work(units);
            times[i] = watch.Elapsed.TotalMilliseconds;
        }

        return new Timing(name, unit, units, times);
    }

    /// <summary>Milliseconds a unit, median over the repetitions.</summary>
    public double MillisecondsAUnit => Percentile(50) / UnitsARepetition;

    /// <summary>Units a second, at the median.</summary>
    public double UnitsASecond => 1000 / MillisecondsAUnit;

    /// <summary>The <paramref name="percent"/>th percentile of a repetition's milliseconds (nearest rank).</summary>
    public double Percentile(int percent)
    {
        var sorted = Milliseconds.Order().ToArray();
        return sorted[Math.Clamp(((sorted.Length * percent) + 99) / 100, 1, sorted.Length) - 1];
    }

    /// <summary>Writes name, unit, milliseconds a unit at the 20th, 50th and 80th percentile, and units a second.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        json.WriteString("name", Name);
        json.WriteString("unit", Unit);
        json.WriteNumber("repetitions", Milliseconds.Count);
        json.WriteNumber("units_a_repetition", UnitsARepetition);
        json.WriteNumber("ms_a_unit_p20", Percentile(20) / UnitsARepetition);
        json.WriteNumber("ms_a_unit_p50", MillisecondsAUnit);
        json.WriteNumber("ms_a_unit_p80", Percentile(80) / UnitsARepetition);
        json.WriteNumber("units_a_second", UnitsASecond);
        json.WriteEndObject();
    }
}

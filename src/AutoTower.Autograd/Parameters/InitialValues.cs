using System.Runtime.InteropServices;
using AutoTower.Autograd.Devices;
using AutoTower.Autograd.Random;

namespace AutoTower.Autograd.Parameters;

/// <summary>
/// Draws the initial values of a slab and uploads them a window at a time: gigabytes of embedding tables need no second copy on the host.
/// </summary>
internal static class InitialValues
{
    /// <summary>Values of a window: 64 MiB.</summary>
    private const int Window = 1 << 24;

    /// <summary>Values that a thread draws at a time.</summary>
    private const int Piece = 1 << 16;

    /// <summary>Fills <paramref name="slab"/>; what lies between parameters becomes 0.</summary>
    /// <param name="parameters">The parameters, in the slab's order.</param>
    /// <param name="slab">What is filled.</param>
    /// <param name="seed">Seed.</param>
    /// <param name="most">Values of a window; the result does not depend on it.</param>
    public static void Upload(IEnumerable<Parameter> parameters, DeviceBuffer<float> slab, ulong seed, int most = Window)
    {
        var pieces = parameters.SelectMany(Pieces).ToList();
        var window = new float[Math.Min(most, slab.Length)];
        var next = 0;
        for (long start = 0; start < slab.Length; start += most)
        {
            var length = (int)Math.Min(most, slab.Length - start);
            var first = next;
            while (next < pieces.Count && pieces[next].Start < start + length)
            {
                next++;
            }

            // A piece that reaches into the next window is drawn for both.
            Array.Clear(window);
            Parallel.For(first, next, i => Draw(pieces[i], seed, start, window.AsMemory(0, length)));
            slab.Device.Upload<float>(window.AsSpan(0, length), slab.Address + ((nint)start * sizeof(float)));
            next -= next > 0 && pieces[next - 1].Start + pieces[next - 1].Count > start + length ? 1 : 0;
        }
    }

    private static IEnumerable<Values> Pieces(Parameter parameter)
    {
        foreach (var part in parameter.Parts)
        {
            var (first, count) = parameter.Range(part);
            var random = Hash(part.Name);
            for (var done = 0; done < count; done += Piece)
            {
                yield return new Values(parameter.Initialiser, random, done, parameter.Offset + first + done, Math.Min(Piece, count - done));
            }
        }
    }

    // The part of the piece that lies in the window from `start` on.
    private static void Draw(Values piece, ulong seed, long start, Memory<float> window)
    {
        var skipped = (int)Math.Max(0, start - piece.Start);
        var target = (int)(piece.Start + skipped - start);
        var count = Math.Min(piece.Count - skipped, window.Length - target);
        var random = new CounterRandom(seed, RandomStream.Initialisation, piece.Substream)
        {
            Position = ((ulong)piece.First + (ulong)skipped) * (ulong)piece.Initialiser.WordsAValue,
        };
        piece.Initialiser.Fill(window.Span.Slice(target, count), random);
    }

    // FNV-1a: string.GetHashCode differs from process to process.
    private static ulong Hash(string name)
    {
        var hash = 14695981039346656037ul;
        foreach (var value in MemoryMarshal.AsBytes(name.AsSpan()))
        {
            hash = (hash ^ value) * 1099511628211ul;
        }

        return hash;
    }

    /// <summary>Neighbouring values of one part.</summary>
    /// <param name="Initialiser">Their distribution.</param>
    /// <param name="Substream">Random numbers of the part.</param>
    /// <param name="First">First value within the part.</param>
    /// <param name="Start">First value within the slab.</param>
    /// <param name="Count">Number of values.</param>
    private readonly record struct Values(Initialiser Initialiser, ulong Substream, int First, long Start, int Count);
}

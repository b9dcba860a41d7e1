using AutoTower.Search.Data.Parsing;

namespace AutoTower.Search.Data.Preparation;

/// <summary>The users or the items that remain: raw id to dense id and back.</summary>
/// <param name="entity">"user" or "item".</param>
/// <param name="raw">All raw ids.</param>
/// <param name="dense">Number of a raw id to dense id, 0 where it is dropped.</param>
internal sealed class EntityIds(string entity, KeyTable raw, int[] dense)
{
    /// <summary>"user" or "item".</summary>
    public string Entity { get; } = entity;

    /// <summary>Rows, padding row 0 included.</summary>
    public int Count { get; } = dense.Count(id => id > 0) + 1;

    /// <summary>Number of a raw id to dense id, 0 where it is dropped.</summary>
    public int[] Dense { get; } = dense;

    /// <summary>Dense id to raw id; index 0 is "".</summary>
    public string[] Keys() => ["", .. Enumerable.Range(0, raw.Count).Where(number => Dense[number] > 0).Select(number => raw[number])];

    /// <summary>The dense id, or 0 for what is unknown or dropped.</summary>
    public int Find(ReadOnlySpan<byte> key) => raw.Find(key) is var number and >= 0 ? Dense[number] : 0;
}

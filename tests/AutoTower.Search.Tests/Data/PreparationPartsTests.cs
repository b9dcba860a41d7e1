using System.Globalization;
using System.Text;
using AutoTower.Search.Data.Features;
using AutoTower.Search.Data.Parsing;
using AutoTower.Search.Data.Tables;
using CsCheck;

namespace AutoTower.Search.Tests.Data;

/// <summary>The small parts that readers share.</summary>
public sealed class PreparationPartsTests
{
    [Fact]
    public void KeysGetTheNumbersThatADictionaryWouldGive() =>
        Gen.String[Gen.Char["abcäß→ "], 0, 6].Array[0, 2000].Sample(keys =>
        {
            var table = new KeyTable();
            var expected = new Dictionary<string, int>();
            foreach (var key in keys)
            {
                Assert.Equal(expected.GetValueOrDefault(key, -1), table.Find(Encoding.UTF8.GetBytes(key)));
                expected.TryAdd(key, expected.Count);
                Assert.Equal(expected[key], table.Add(Encoding.UTF8.GetBytes(key)));
            }

            Assert.Equal(expected.Count, table.Count);
            Assert.Equal(expected.Keys, Enumerable.Range(0, table.Count).Select(number => table[number]));
        });

    [Fact]
    public void AKeyLongerThanAChunkOfTheTableFits()
    {
        var table = new KeyTable();
        var long1 = Encoding.UTF8.GetBytes(new string('x', 3_000_000));
        Assert.Equal((0, 1, 0), (table.Add(long1), table.Add("y"u8), table.Add(long1)));
        Assert.Equal(3_000_000, table[0].Length);
    }

    [Fact]
    public void AChunkedListIsAList() =>
        Gen.Int[0, 200_000].Sample(
            count =>
            {
                var list = new ChunkedList<int>();
                for (var i = 0; i < count; i++)
                {
                    list.Add(i * 7);
                }

                return list.Count == count && Enumerable.Range(0, count).All(i => list[i] == i * 7);
            },
            iter: 20);

    [Theory]
    [InlineData(new double[] { }, 4, 0, new int[] { })]
    [InlineData(new double[] { 5 }, 4, 1, new[] { 1 })]
    [InlineData(new double[] { 4, 1, 3, 2 }, 2, 2, new[] { 2, 1, 2, 1 })]
    [InlineData(new double[] { 1, 1, 1, 9 }, 2, 2, new[] { 1, 1, 1, 2 })]
    [InlineData(new double[] { 7, 7, 7 }, 3, 1, new[] { 1, 1, 1 })]
    [InlineData(new double[] { 1, 2, 3, 4, 5 }, 5, 5, new[] { 1, 2, 3, 4, 5 })]
    [InlineData(new double[] { 1, 2, 3, 4, 5, 6, 7 }, 3, 3, new[] { 1, 1, 1, 2, 2, 3, 3 })]
    public void QuantileBinsHoldAboutEquallyManyAndEqualValuesShareOne(double[] values, int count, int bins, int[] expected)
    {
        var quantiles = new QuantileBins(values, count);
        Assert.Equal(bins, quantiles.Count);
        Assert.Equal(expected, values.Select(quantiles.Of));
    }

    [Fact]
    public void QuantileBinsAreInOrderAndAllInUse() =>
        Gen.Select(Gen.Double[-5, 5].Array[1, 300], Gen.Int[1, 40]).Sample((values, count) =>
        {
            var quantiles = new QuantileBins(values, count);
            int[] bins = [.. values.Order().Select(quantiles.Of)];
            return quantiles.Count <= count && bins.SequenceEqual(bins.Order()) && bins.Distinct().Order().SequenceEqual(Enumerable.Range(1, quantiles.Count));
        });

    [Fact]
    public void IsoTimesAreThoseOfTheFramework() =>
        Gen.Select(Gen.DateTimeOffset, Gen.Int[0, 2])
            .Sample((time, format) =>
            {
                var text = time.ToString(new[] { "yyyy-MM-ddTHH:mm:ss.fffK", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd" }[format], CultureInfo.InvariantCulture);
                var expected = DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
                return IsoTime.TryParse(Encoding.ASCII.GetBytes(text), out var seconds) && Math.Abs(seconds - (expected - DateTimeOffset.UnixEpoch).TotalSeconds) < 1e-3;
            });

    [Theory]
    [InlineData("2004-10")]
    [InlineData("2024-02-29T23:59")]
    [InlineData("2024-02-29T23:59:60Z")]
    [InlineData("2024-02-29 23:59:59.123456+0530")]
    public void RarerFormsAreTakenToo(string text) => Assert.True(IsoTime.TryParse(Encoding.ASCII.GetBytes(text), out _));

    [Theory]
    [InlineData("")]
    [InlineData("2023-02-29")]
    [InlineData("2024-13-01")]
    [InlineData("2024-01-01x")]
    [InlineData("2024-01-01T")]
    [InlineData("2024-01-01T25:00:00")]
    [InlineData("2024-01-01T10:00:00+")]
    [InlineData("24-01-01")]
    [InlineData("01/02/2024")]
    public void WhatIsNoDateIsRefused(string text) => Assert.False(IsoTime.TryParse(Encoding.ASCII.GetBytes(text), out _));

    [Theory]
    [InlineData("{'a': 'b', 'c': 4.0}", """{"a": "b", "c": 4.0}""")]
    [InlineData("""{'a': "It's \\ \"so\"", 'b': 'x"y', 'd': 'it\'s'}""", """{"a": "It's \\ \"so\"", "b": "x\"y", "d": "it's"}""")]
    [InlineData("{u'a': True, 'b': False, 'c': None, 'd': [['x', 'y']]}", """{"a": true, "b": false, "c": null, "d": [["x", "y"]]}""")]
    [InlineData(@"{'a': '\xe9'}", """{"a": "\u00e9"}""")]
    public void PythonLiteralsBecomeJson(string text, string json) =>
        Assert.Equal(json, Encoding.UTF8.GetString(PythonLiteral.ToJson(Encoding.UTF8.GetBytes(text))));
}

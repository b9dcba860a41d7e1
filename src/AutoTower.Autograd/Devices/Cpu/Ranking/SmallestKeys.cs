namespace AutoTower.Autograd.Devices.Cpu.Ranking;

/// <summary>Selection by partition (Hoare's "Find"): linear where sorting everything would take a logarithmic factor more.</summary>
internal static class SmallestKeys
{
    /// <summary>Moves the <paramref name="count"/> smallest keys to the front, in any order, the largest of them last.</summary>
    public static void MoveToFront(Span<ulong> keys, int count)
    {
        int low = 0, high = keys.Length - 1, wanted = count - 1;
        while (low < high)
        {
            var pivot = MedianOfThree(keys[low], keys[(low + high) / 2], keys[high]);
            int left = low, right = high;
            while (left <= right)
            {
                while (keys[left] < pivot)
                {
                    left++;
                }

                while (keys[right] > pivot)
                {
                    right--;
                }

                if (left <= right)
                {
                    (keys[left], keys[right]) = (keys[right], keys[left]);
                    left++;
                    right--;
                }
            }

            // keys[low..right] <= pivot <= keys[left..high]; what lies between equals the pivot.
            if (wanted <= right)
            {
                high = right;
            }
            else if (wanted >= left)
            {
                low = left;
            }
            else
            {
                return;
            }
        }
    }

    private static ulong MedianOfThree(ulong a, ulong b, ulong c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
}

using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;

namespace BelgiCom.Streaming.Hosting;

/// <summary>
/// Reads an options object from a configuration section and keeps going at a fault, so that all faults are reported at once.
/// The framework's binder stops at the first bad value and ignores settings it does not know.
/// </summary>
internal sealed class OptionsReader(List<string> faults)
{
    private static readonly Dictionary<string, string> Nowhere = [];

    /// <summary>Fills <paramref name="target"/> from <paramref name="section"/> and checks it.</summary>
    public void Read(object target, IConfigurationSection section)
    {
        ReportUnknown(section, [target.GetType()], Nowhere);
        ReadPart(target, section);
    }

    /// <summary>Does the same for a section of which other types may know the remaining settings.</summary>
    public void ReadPart(object target, IConfigurationSection section)
    {
        HashSet<string> unreadable = new(StringComparer.Ordinal);
        foreach (PropertyInfo property in SettingsOf(target.GetType()))
        {
            if (!ReadProperty(target, property, section.GetSection(property.Name)))
            {
                unreadable.Add(property.Name);
            }
        }

        Validate(target, section, unreadable);
    }

    /// <summary>The name of a setting as an environment variable writes it: <c>Rating__Lanes</c>.</summary>
    public static string VariableOf(string path) => path.Replace(":", "__", StringComparison.Ordinal);

    /// <summary>Reports the settings of a section that none of the types read from it knows.</summary>
    /// <param name="section">The section.</param>
    /// <param name="types">Types read from it.</param>
    /// <param name="readElsewhere">Paths of settings that other workers have, each with the names of those workers.</param>
    public void ReportUnknown(
        IConfigurationSection section, IEnumerable<Type> types, IReadOnlyDictionary<string, string> readElsewhere)
    {
        string[] known = [.. types.SelectMany(SettingsOf).Select(property => property.Name).Distinct()];
        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (known.Contains(child.Key, StringComparer.OrdinalIgnoreCase) || SecretFiles.IsReference(child.Key, known))
            {
                continue;
            }

            string hint = readElsewhere.TryGetValue(child.Path, out string? readers) ? $" here, only in {readers}"
                : NearestName.Of(child.Key, known) is { } nearest ? $"; did you mean {section.Path}:{nearest}"
                : "";
            faults.Add($"{child.Path}: no such setting{hint} (set as {VariableOf(child.Path)})");
        }
    }

    private static IEnumerable<PropertyInfo> SettingsOf(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.SetMethod is { IsPublic: true } || IsList(property.PropertyType) || IsDictionary(property.PropertyType))
        .Where(property => property.GetIndexParameters().Length == 0);

    /// <summary>Reads one value; false when it is there but cannot be read.</summary>
    private bool ReadProperty(object target, PropertyInfo property, IConfigurationSection setting)
    {
        if (!setting.Exists())
        {
            if (property.GetCustomAttribute<RequiredMemberAttribute>() is not null && property.GetValue(target) is null)
            {
                faults.Add($"{setting.Path} is missing: set {VariableOf(setting.Path)}");
                return false;
            }

            return true;
        }

        if (SettingText.IsScalar(property.PropertyType))
        {
            if (!TryParse(setting, property.PropertyType, out object? value))
            {
                return false;
            }

            property.SetValue(target, value);
        }
        else if (IsDictionary(property.PropertyType))
        {
            ReadDictionary(target, property, setting);
        }
        else if (IsList(property.PropertyType))
        {
            ReadList(target, property, setting);
        }
        else
        {
            property.SetValue(target, ReadItem(setting, property.PropertyType, property.GetValue(target)));
        }

        return true;
    }

    private void ReadList(object target, PropertyInfo property, IConfigurationSection setting)
    {
        Type itemType = property.PropertyType.IsArray
            ? property.PropertyType.GetElementType()!
            : property.PropertyType.GetGenericArguments()[0];
        IList items = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(itemType))!;
        foreach (IConfigurationSection child in setting.GetChildren())
        {
            items.Add(ReadItem(child, itemType, null));
        }

        if (property.PropertyType.IsArray)
        {
            Array array = Array.CreateInstance(itemType, items.Count);
            items.CopyTo(array, 0);
            items = array;
        }

        if (property.SetMethod is { IsPublic: true })
        {
            property.SetValue(target, items);
            return;
        }

        IList existing = (IList)property.GetValue(target)!;
        existing.Clear();
        foreach (object item in items)
        {
            existing.Add(item);
        }
    }

    private void ReadDictionary(object target, PropertyInfo property, IConfigurationSection setting)
    {
        Type itemType = property.PropertyType.GetGenericArguments()[1];
        IDictionary existing = (IDictionary?)property.GetValue(target)
            ?? (IDictionary)Activator.CreateInstance(
                typeof(Dictionary<,>).MakeGenericType(typeof(string), itemType), StringComparer.OrdinalIgnoreCase)!;
        foreach (IConfigurationSection child in setting.GetChildren())
        {
            existing[child.Key] = ReadItem(child, itemType, existing.Contains(child.Key) ? existing[child.Key] : null);
        }

        if (property.SetMethod is { IsPublic: true })
        {
            property.SetValue(target, existing);
        }
    }

    private object? ReadItem(IConfigurationSection setting, Type type, object? existing)
    {
        if (SettingText.IsScalar(type))
        {
            // After a fault it is the type's own default: a list of numbers cannot hold a null.
            _ = TryParse(setting, type, out object? value);
            return value;
        }

        object item = existing ?? Activator.CreateInstance(type)!;
        Read(item, setting);
        return item;
    }

    private bool TryParse(IConfigurationSection setting, Type type, out object? value)
    {
        try
        {
            value = SettingText.Parse(setting.Value ?? "", type);
            return true;
        }
        catch (FormatException exception)
        {
            faults.Add($"{setting.Path}: {exception.Message} (set as {VariableOf(setting.Path)})");
            value = type.IsValueType ? Activator.CreateInstance(type) : null;
            return false;
        }
    }

    private void Validate(object target, IConfigurationSection section, HashSet<string> unreadable)
    {
        List<ValidationResult> results = new();
        foreach (PropertyInfo? property
            in target.GetType()
                .GetProperties()
                .Where(property => property.GetIndexParameters().Length == 0 && !unreadable.Contains(property.Name)))
        {
            ValidationContext context = new(target) { MemberName = property.Name };
            Validator.TryValidateProperty(property.GetValue(target), context, results);
        }

        if (target is IValidatableObject validatable)
        {
            results.AddRange(validatable.Validate(new ValidationContext(target)));
        }

        foreach (ValidationResult result in results)
        {
            string path = result.MemberNames.FirstOrDefault() is { } member ? $"{section.Path}:{member}" : section.Path;
            string set = path == section.Path ? "" : $" (set as {VariableOf(path)})";
            faults.Add($"{path}: {result.ErrorMessage}{set}");
        }
    }

    private static bool IsDictionary(Type type) =>
        type.IsGenericType && type.GetGenericArguments() is [var key, _] && key == typeof(string)
            && type.Name.Contains("Dictionary", StringComparison.Ordinal);

    private static bool IsList(Type type) =>
        type.IsArray
            || (type != typeof(string) && type.IsGenericType && type.GetGenericArguments().Length == 1
                && typeof(IEnumerable).IsAssignableFrom(type));
}

/*
 * Written by the node and read by pond-launch, which come from one build; so
 * the reader is strict, and a wrong form means that two versions met.
 */
#include "runtime/wire/launch_message.h"
#include "base/error.h"
#include "base/memory.h"
#include <string.h>

#define MEMORY_DEFAULT (768ull << 20)
#define DISK_DEFAULT (2ull << 30)
#define FILE_DEFAULT (1ull << 30)
#define PROCESSES_DEFAULT 512
#define FILES_DEFAULT 1024

void launch_limits_fill(struct launch_limits *limits)
{
    if (!limits->memory_bytes)
        limits->memory_bytes = MEMORY_DEFAULT;
    if (!limits->disk_bytes)
        limits->disk_bytes = DISK_DEFAULT;
    if (!limits->file_bytes)
        limits->file_bytes = FILE_DEFAULT;
    if (!limits->processes)
        limits->processes = PROCESSES_DEFAULT;
    if (!limits->open_files)
        limits->open_files = FILES_DEFAULT;
}

static void write_list(struct json_writer *writer, const char *name,
                       const char *const *list)
{
    json_name(writer, name);
    json_open_array(writer);
    for (const char *const *at = list; at && *at; at++)
        json_write_text(writer, *at);
    json_close_array(writer);
}

static void write_limits(struct json_writer *writer,
                         const struct launch_limits *limits)
{
    json_name(writer, "limits");
    json_open_object(writer);
    json_field_u64(writer, "memory_bytes", limits->memory_bytes);
    json_field_u64(writer, "disk_bytes", limits->disk_bytes);
    json_field_u64(writer, "file_bytes", limits->file_bytes);
    json_field_u64(writer, "processes", limits->processes);
    json_field_u64(writer, "open_files", limits->open_files);
    json_field_u64(writer, "cpu_percent", limits->cpu_percent);
    json_close_object(writer);
}

void launch_start_write(const struct launch_start *start, struct buffer *out)
{
    struct json_writer writer = json_writer_make(out);
    json_open_object(&writer);
    json_field_text(&writer, "program", start->program);
    write_list(&writer, "arguments", start->arguments);
    write_list(&writer, "environment", start->environment);
    write_list(&writer, "network_environment", start->network_environment);
    json_field_text(&writer, "folder", start->folder);
    write_list(&writer, "readable", start->readable);
    json_name(&writer, "ports");
    json_open_array(&writer);
    for (size_t i = 0; i < start->port_count; i++)
        json_write_u64(&writer, start->ports[i]);
    json_close_array(&writer);
    write_limits(&writer, &start->limits);
    json_field_text(&writer, "confinement",
                    confinement_name(start->confinement));
    json_field_text(&writer, "preload", start->preload ? start->preload : "");
    json_close_object(&writer);
}

static int read_list(struct json_object *message, const char *name,
                     const char *const **out)
{
    struct json_object *list;
    int status = json_get_array(message, name, &list);
    if (status)
        return status;
    size_t count = json_object_array_length(list);
    const char **items = mem_zero(count + 1, sizeof(*items));
    for (size_t i = 0; i < count; i++)
        items[i] = json_object_get_string(json_object_array_get_idx(list, i));
    *out = items;
    return 0;
}

static int read_ports(struct json_object *message, struct launch_start *out)
{
    struct json_object *list;
    uint64_t port;
    int status = json_get_array(message, "ports", &list);
    if (status)
        return status;
    out->port_count = json_object_array_length(list);
    if (out->port_count > LAUNCH_PORTS_MAX)
        return err_set(ERR_INVALID, "more than %d ports", LAUNCH_PORTS_MAX);
    for (size_t i = 0; i < out->port_count; i++) {
        if (!json_is_u64(json_object_array_get_idx(list, i), &port) || !port ||
            port > UINT16_MAX)
            return err_set(ERR_INVALID, "a port is out of range");
        out->ports[i] = (uint16_t)port;
    }
    return 0;
}

static int read_u32(struct json_object *object, const char *name, uint32_t *out)
{
    uint64_t value;
    int status = json_get_u64(object, name, &value);
    if (!status && value > UINT32_MAX)
        status = err_set(ERR_INVALID, "%s is out of range", name);
    if (!status)
        *out = (uint32_t)value;
    return status;
}

static int read_limits(struct json_object *message, struct launch_limits *out)
{
    struct json_object *limits;
    int status = json_get_object(message, "limits", &limits);
    if (!status)
        status = json_get_u64(limits, "memory_bytes", &out->memory_bytes);
    if (!status)
        status = json_get_u64(limits, "disk_bytes", &out->disk_bytes);
    if (!status)
        status = json_get_u64(limits, "file_bytes", &out->file_bytes);
    if (!status)
        status = read_u32(limits, "processes", &out->processes);
    if (!status)
        status = read_u32(limits, "open_files", &out->open_files);
    if (!status)
        status = read_u32(limits, "cpu_percent", &out->cpu_percent);
    return status;
}

int launch_start_read(struct json_object *message, struct launch_start *out)
{
    const char *confinement;
    memset(out, 0, sizeof(*out));
    int status = json_get_text(message, "program", &out->program);
    if (!status)
        status = read_list(message, "arguments", &out->arguments);
    if (!status)
        status = read_list(message, "environment", &out->environment);
    if (!status)
        status = read_list(message, "network_environment",
                           &out->network_environment);
    if (!status)
        status = json_get_text(message, "folder", &out->folder);
    if (!status)
        status = read_list(message, "readable", &out->readable);
    if (!status)
        status = read_ports(message, out);
    if (!status)
        status = read_limits(message, &out->limits);
    if (!status)
        status = json_get_text(message, "confinement", &confinement);
    if (!status)
        out->confinement = confinement_named(confinement);
    if (!status)
        status = json_get_text(message, "preload", &out->preload);
    return status;
}

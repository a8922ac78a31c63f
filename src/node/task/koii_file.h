/*
 * The wrapper's fs and fsStaking: methods of Node's fsPromises on the task's
 * own folder, by name, path and further arguments (reference, 2.4). In Koii
 * fsStaking reaches the folder of all tasks, where the wallets are too; here
 * both have the task's own folder for root.
 *
 * A path is relative to that root, or absolute below it, and stays below it:
 * symbolic links and ".." that would lead out are refused by the kernel.
 */
#ifndef POND_NODE_TASK_KOII_FILE_H
#define POND_NODE_TASK_KOII_FILE_H

#include "node/reach/host_world.h"

/* [method, path, ...arguments] -> the method's result as JSON: bytes as Node
 * writes a Buffer, {"type":"Buffer","data":[...]} */
host_serve koii_file_serve;

/* [path] -> the JSON of a stream of Node's that has just been made. The one to
 * write makes the file. */
host_serve koii_file_serve_read_stream, koii_file_serve_write_stream;

#endif

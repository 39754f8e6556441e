# SPDX-License-Identifier: Apache-2.0
"""belay.h in the words of ctypes, and nothing else.

Structures bear the names of the header, and so do their members: a test has a C
compiler compare every size, offset and prototype.
"""

from __future__ import annotations

from ctypes import (CFUNCTYPE, POINTER, Structure, c_char, c_char_p, c_double,
                    c_int, c_int64, c_size_t, c_uint, c_uint64, c_void_p)


class belay_error(Structure):
    _fields_ = [("code", c_uint), ("sys", c_int), ("text", c_char * 512)]


class belay_options(Structure):
    _fields_ = [("size", c_size_t), ("run", c_char_p), ("root", c_char_p),
                ("rank", c_uint), ("ranks", c_uint), ("batch", c_uint),
                ("threads", c_uint), ("memory_max", c_uint64)]


class belay_info(Structure):
    _fields_ = [("run", c_char_p), ("run_dir", c_char_p),
                ("cluster", c_char_p), ("attempt", c_uint),
                ("action", c_char_p), ("previous_cause", c_char_p),
                ("previous_nodes", c_char_p), ("suspect_nodes", c_char_p),
                ("checkpoint", c_uint64), ("chunks_done", c_uint64),
                ("attempts_left", c_int), ("rank", c_uint), ("ranks", c_uint),
                ("node", c_char * 256)]


class belay_array(Structure):
    _fields_ = [("name", c_char_p), ("type", c_uint), ("dims", c_uint),
                ("shape", POINTER(c_uint64)), ("data", c_void_p)]


class belay_chunk_counts(Structure):
    _fields_ = [("total", c_uint64), ("done", c_uint64),
                ("running", c_uint64), ("pending", c_uint64),
                ("retrying", c_uint64), ("quarantined", c_uint64)]


class belay_result(Structure):
    _fields_ = [("chunk", c_uint64), ("attempt", c_uint), ("node", c_char_p),
                ("duration_us", c_uint64), ("done_us", c_int64),
                ("arrays", POINTER(belay_array)), ("n_arrays", c_uint)]


class belay_progress(Structure):
    _fields_ = [("iteration", c_uint64), ("current_time", c_double),
                ("error_estimate", c_double), ("chunks_completed", c_uint64),
                ("chunks_remaining", c_uint64)]


class belay_checkpoint_options(Structure):
    _fields_ = [("size", c_size_t), ("label", c_char_p), ("step", c_uint64),
                ("async", c_int)]


class belay_checkpoint_info(Structure):
    _fields_ = [("id", c_uint64), ("attempt", c_uint), ("ranks", c_uint),
                ("created_us", c_int64), ("bytes", c_uint64),
                ("stored", c_uint64), ("good", c_int),
                ("progress", belay_progress), ("label", c_char * 128)]


class belay_entry(Structure):
    _fields_ = [("rank", c_uint), ("name", c_char_p), ("type", c_uint),
                ("dims", c_uint), ("shape", POINTER(c_uint64)),
                ("bytes", c_uint64)]


class belay_statistics(Structure):
    _fields_ = [(name, c_uint64) for name in (
        "checkpoints", "kept", "bytes", "stored", "write_us", "wait_us",
        "restores", "damaged", "chunks_done", "chunks_failed",
        "results_bytes", "interval_us")]


class belay(Structure):
    """Opaque, as are the next ones."""


class belay_results(Structure):
    pass


class belay_checkpoint(Structure):
    pass


class belay_restore(Structure):
    pass


STRUCTURES = [belay_error, belay_options, belay_info, belay_array,
              belay_chunk_counts, belay_result, belay_progress,
              belay_checkpoint_options, belay_checkpoint_info, belay_entry,
              belay_statistics]

_handle = POINTER(belay)
_err = POINTER(belay_error)
_array = POINTER(belay_array)
_results = POINTER(belay_results)
_checkpoint = POINTER(belay_checkpoint)
_checkpoint_options = POINTER(belay_checkpoint_options)
_infos = POINTER(belay_checkpoint_info)
_restore = POINTER(belay_restore)
_entry = POINTER(belay_entry)

belay_recovery_fn = CFUNCTYPE(None, _handle, POINTER(belay_info), c_uint64,
                              c_void_p)

#: name: (what it returns, what it takes)
FUNCTIONS = {
    "belay_version": (c_char_p, ()),
    "belay_open": (_handle, (POINTER(belay_options), _err)),
    "belay_close": (c_int, (_handle, c_int, _err)),
    "belay_info": (POINTER(belay_info), (_handle,)),
    "belay_flush": (c_int, (_handle, _err)),
    "belay_beat": (c_int, (_handle, _err)),
    "belay_type_size": (c_size_t, (c_uint,)),
    "belay_array_bytes": (c_uint64, (_array,)),
    "belay_chunks": (c_int, (_handle, c_char_p, c_uint64, _err)),
    "belay_chunk_next": (c_int, (_handle, c_char_p, POINTER(c_uint64), _err)),
    "belay_chunk_done": (c_int, (_handle, c_char_p, c_uint64, _err)),
    "belay_chunk_done_with": (c_int, (_handle, c_char_p, c_uint64, _array,
                                      c_uint, _err)),
    "belay_chunk_fail": (c_int, (_handle, c_char_p, c_uint64, c_char_p, c_int,
                                 _err)),
    "belay_chunk_counts": (c_int, (_handle, c_char_p,
                                   POINTER(belay_chunk_counts), _err)),
    "belay_pending_retries": (c_int64, (_handle, c_char_p, POINTER(c_uint64),
                                        c_size_t, _err)),
    "belay_clear_retries": (c_int64, (_handle, c_char_p, c_char_p, _err)),
    "belay_results_open": (_results, (_handle, c_char_p, _err)),
    "belay_results_next": (c_int, (_results, POINTER(belay_result), _err)),
    "belay_results_close": (None, (_results,)),
    "belay_progress_set": (c_int, (_handle, POINTER(belay_progress), _err)),
    "belay_progress_get": (c_int, (_handle, POINTER(belay_progress), _err)),
    "belay_checkpoint_begin": (_checkpoint, (_handle, _checkpoint_options,
                                             _err)),
    "belay_checkpoint_put": (c_int, (_checkpoint, _array, _err)),
    "belay_checkpoint_put_bytes": (c_int, (_checkpoint, c_char_p, c_void_p,
                                           c_uint64, _err)),
    "belay_checkpoint_put_file": (c_int, (_checkpoint, c_char_p, c_char_p,
                                          _err)),
    "belay_checkpoint_commit": (c_int, (_checkpoint, POINTER(c_uint64), _err)),
    "belay_checkpoint_abandon": (None, (_checkpoint,)),
    "belay_checkpoint_wait": (c_int, (_handle, POINTER(c_uint64), _err)),
    "belay_checkpoint_list": (c_int64, (_handle, POINTER(_infos), _err)),
    "belay_restore_open": (_restore, (_handle, c_uint64, _err)),
    "belay_restore_close": (None, (_restore,)),
    "belay_restore_info": (_infos, (_restore,)),
    "belay_restore_count": (c_size_t, (_restore,)),
    "belay_restore_entry": (_entry, (_restore, c_size_t)),
    "belay_restore_find": (_entry, (_restore, c_uint, c_char_p)),
    "belay_restore_read": (c_int, (_restore, _entry, c_uint64, c_void_p,
                                   c_uint64, _err)),
    "belay_restore_file": (c_int, (_restore, _entry, c_char_p, _err)),
    "belay_protect": (c_int, (_handle, c_char_p, _array, _err)),
    "belay_unprotect": (c_int, (_handle, c_char_p, _err)),
    "belay_checkpoint": (c_int, (_handle, _checkpoint_options,
                                 POINTER(c_uint64), _err)),
    "belay_recover": (c_int, (_handle, POINTER(c_uint64), _err)),
    "belay_on_recovery": (c_int, (_handle, belay_recovery_fn, c_void_p, _err)),
    "belay_should_checkpoint": (c_int, (_handle,)),
    "belay_request_checkpoint": (None, (_handle,)),
    "belay_statistics": (c_int, (_handle, POINTER(belay_statistics), _err)),
    "belay_node_fail": (c_int, (_handle, c_char_p, c_char_p, _err)),
    "belay_node_recovered": (c_int, (_handle, c_char_p, _err)),
    "belay_node_is_failed": (c_int, (_handle, c_char_p, _err)),
    "belay_failed_nodes": (c_int64, (_handle, POINTER(c_char_p), _err)),
}

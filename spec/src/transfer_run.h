// SPDX-License-Identifier: BSD-2-Clause
// The steps of one transfer (semantics 7.5 to 7.7), run from the start each time it is driven.
#pragma once

#include "spec/system.h"

namespace spec {

/// A step that is in the log is not done again.  A step that can not be done leaves by an exception; what it
/// found missing may be there next time.
class System::Run {
public:
    Run(System& system, ThreadName sender);

    TransferResult all();

private:
    struct Part { ///< of a logical string, read from a dope
        Word size = 0, address = 0;
        bool continued = false;
    };

    void headers();
    void items();
    void more_items();
    void words();
    void strings();
    void one_string();
    Part read_part(Side, std::uint64_t dope);
    void write_back(Word placed, bool goes_on);
    void skip_string();
    void skip_buffer();
    bool next_buffer_part() const { return into_.continued && receive_index_ + 1 < receive_count_; }
    std::uint64_t send_dope_at(Word index) const { return send_dopes_ + 16ull * index; }
    std::uint64_t receive_dope_at(Word index) const { return receive_dopes_ + 16ull * index; }

    Word read(Side, std::uint64_t va);
    void write(std::uint64_t va, Word value);
    void copy(std::uint64_t from, std::uint64_t to, Word size, Word unit);
    void map(Word snd_base, Word fpage);
    Physical address(Side, std::uint64_t va, bool write);
    bool is_done() const { return step_ < transfer_.log.size(); }
    Word done() { return transfer_.log[step_++]; }
    void log(Word value);

    System& system_;
    Transfer& transfer_;
    const ThreadName sender_, receiver_;
    const IpcCall call_;
    std::size_t step_ = 0;

    bool answer_ = false;                       ///< to a fault or exception (9.11, 12.2)
    Word send_buffer_ = 0, receive_buffer_ = 0; ///< 0: none
    Word window_ = 0;
    Word send_count_ = 0, receive_count_ = 0; ///< string dopes
    std::uint64_t send_dopes_ = 0, receive_dopes_ = 0;
    Word dwords_ = 2, capacity_ = 2;
    Word words_done_ = 0; ///< by the items
    Word send_index_ = 0, receive_index_ = 0;
    Part into_; ///< receive part that is being filled
    TransferResult result_;
};

} // namespace spec

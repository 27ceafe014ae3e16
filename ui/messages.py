"""The one door for what the program says when something did not go as hoped.

Three kinds of trouble: a rule said no (kind words, at the field), the world failed (what happened, what is safe, what
to do), and we failed (``ui/crash.py``). The first two are made into sentences here, in the language spoken now; no
sentence carries a resident's data.
"""

from collections.abc import Callable, Mapping
from typing import Any

from db.faults import (
    Conflict,
    Damaged,
    DiskTrouble,
    NetworkShare,
    NewerStore,
    NoStore,
    Refused,
    ServerTrouble,
    StoreExists,
    StoreFault,
    StoreLocked,
    WeakPassword,
    WrongPassword,
    WrongWords,
)
from db.verify import Finding, Wrong
from shelter.faults import NotAllowed, NotFound, RuleBroken
from shelter.language import _, ngettext


def sentence(error: StoreFault | RuleBroken | NotAllowed | NotFound) -> str:
    """What happened, what is safe and what to do, in one or two sentences."""
    match error:
        case RuleBroken():
            return _rule(error)
        case NotAllowed():
            return _("Anda tidak memiliki hak untuk ini. Bila memang perlu, mintalah kepada kepala rumah.")
        case NotFound():
            return _("Data itu tidak ada, atau bukan untuk Anda.")
        case _:
            return _store(error)


def _store(fault: StoreFault) -> str:
    facts = fault.facts
    sentences: Mapping[type[StoreFault], Callable[[], str]] = {
        NoStore: lambda: (
            server_sentence("no_home")
            if facts.get("place") == "server"
            else _("Belum ada rumah di tempat ini. Buatlah dengan perintah init, atau periksa foldernya.")
        ),
        StoreExists: lambda: _("Di tempat ini sudah ada rumah. Tidak ada yang diubah; pilihlah tempat lain."),
        StoreLocked: lambda: _locked(str(facts.get("reason"))),
        WrongPassword: lambda: _wrong_password(int(str(facts.get("wait", 0)))),
        WeakPassword: lambda: _weak(str(facts.get("reason"))),
        WrongWords: lambda: _words(facts),
        NewerStore: lambda: _(
            "Data ini ditulis oleh Teduh yang lebih baru. Perbarui Teduh di PC ini; data tidak disentuh."
        ),
        NetworkShare: lambda: _(
            "Folder ini berada di komputer lain. Di sana data akan rusak cepat atau lambat. Pakailah folder di PC"
            " ini; bila beberapa PC harus berbagi data, pakailah PostgreSQL (lihat server-setup)."
        ),
        Damaged: lambda: _damaged(str(facts.get("what"))),
        ServerTrouble: lambda: server_sentence(str(facts.get("reason"))),
        Refused: lambda: _("Server menolak: akun ini tidak berhak atas data itu."),
        Conflict: lambda: _(
            "Orang lain baru saja mengubah data yang sama. Tidak ada yang tersimpan; ulangi dengan data terbaru."
        ),
        DiskTrouble: lambda: _disk(str(facts.get("reason"))),
    }
    return sentences[type(fault)]()


def _disk(reason: str) -> str:
    if reason == "full":
        return _("Disk penuh. Yang terakhir belum tersimpan; yang sebelumnya aman. Kosongkan ruang, lalu ulangi.")
    if reason == "place":
        return _("Folder atau berkas itu tidak dapat dipakai. Periksa namanya, dan hak Anda di sana.")
    return _("Disk tidak menjawab. Yang terakhir belum tersimpan; yang sebelumnya aman. Periksa disk dan kabelnya.")


def _locked(reason: str) -> str:
    sentences: Mapping[str, Callable[[], str]] = {
        "no_password": lambda: _(
            "Data terkunci dan tidak ada kata sandi. Isi TEDUH_PASSWORD atau jalankan di jendela terminal."
        ),
        "which_user": lambda: _("Ada beberapa pengguna. Sebutkan siapa Anda dengan --user NAMA."),
        "disabled": lambda: _("Akun ini sedang dinonaktifkan. Mintalah administrator mengaktifkannya kembali."),
        "rekeyed": lambda: _("Kunci data baru saja diganti. Masuklah kembali."),
        "upgrade_due": lambda: _(
            "Data di server masih dalam bentuk lama. Pemilik server perlu menjalankan server-upgrade."
        ),
        "closed": lambda: _("Data sudah dikunci."),
        "stopped": lambda: _("Pencarian itu dihentikan karena terlalu lama. Tidak ada yang berubah."),
        "busy": lambda: _("Data sedang dipakai program lain. Tunggu sebentar, lalu ulangi; tidak ada yang berubah."),
    }
    return sentences[reason]()


def _wrong_password(wait: int) -> str:
    if wait <= 1:
        return _("Nama atau kata sandi salah.")
    again = ngettext(
        "Percobaan berikut diterima setelah {n} detik.", "Percobaan berikut diterima setelah {n} detik.", wait
    )
    return _("Nama atau kata sandi salah.") + " " + again.format(n=wait)


def _weak(reason: str) -> str:
    if reason == "short":
        return _("Kata sandi terlalu pendek: sedikitnya 12 huruf. Beberapa kata yang mudah Anda ingat sudah baik.")
    return _("Kata sandi itu terlalu mudah ditebak. Pakailah beberapa kata yang tidak berhubungan.")


def _words(facts: Mapping[str, Any]) -> str:
    match facts.get("reason"):
        case "count":
            return _("Lembar pemulihan berisi 14 kata; yang diketik {n} kata.").format(n=facts.get("at"))
        case "unknown":
            return _("Kata ke-{n} bukan kata lembar pemulihan. Periksa ejaannya.").format(n=facts.get("at"))
        case "check":
            return _("Kata-kata itu tidak cocok satu sama lain. Periksa urutan dan ejaannya.")
        case _:
            return _("Lembar pemulihan ini bukan untuk rumah ini, atau sudah diganti.")


def _damaged(what: str) -> str:
    match what:
        case "slots":
            return _("Berkas kunci (teduh.slots) rusak. Data sendiri tidak disentuh; pulihkan dari cadangan.")
        case "database gone":
            return _("Berkas data (teduh.db) tidak ada, hanya kuncinya. Pulihkan dari cadangan.")
        case "rolled_back":
            return _(
                "PERINGATAN: data di tempat ini lebih lama daripada yang terakhir tercatat. Salinan lama telah"
                " dikembalikan. Jangan dipakai; jalankan check dan hubungi kepala rumah."
            )
        case _:
            return _(
                "Berkas data rusak atau bukan milik kunci ini. Jangan dihapus dan jangan ditimpa: salin folder ini ke"
                " tempat aman, lalu pulihkan dari cadangan."
            )


def server_sentence(reason: str) -> str:
    """One plain sentence for whatever is wrong with a server (``db.serverplace.reason_of`` and set-up's reasons)."""
    sentences: Mapping[str, Callable[[], str]] = {
        "url": lambda: _("Alamat server tidak dapat dibaca. Pakailah postgresql://server/nama atau berkas sambungan."),
        "owner": lambda: _("Sambungan pemilik diperlukan: berkas pemilik dengan --owner, atau TEDUH_OWNER_URL."),
        "server_certificate": lambda: _(
            "Sertifikat server tidak cocok. Mungkin server lain menjawab; jangan teruskan."
        ),
        "other_name": lambda: _(
            "Sertifikat server dibuat untuk nama lain. Pakailah berkas sambungan, atau nama yang disebut saat"
            " server-setup."
        ),
        "no_authority": lambda: _(
            "Sertifikat rumah belum ada di PC ini. Bukalah server lewat berkas sambungannya, bukan lewat alamat."
        ),
        "old_tls": lambda: _("Server belum dapat memakai TLS 1.3. Perbarui PostgreSQL di sana; jangan teruskan."),
        "no_ssl": lambda: _("Server tidak memakai sambungan terenkripsi (TLS). Jalankan server-setup di sana."),
        "refused_plain": lambda: _("Server menolak sambungan dari PC ini. Periksa pg_hba.conf di server."),
        "plain_accepted": lambda: _(
            "Server menerima sambungan tanpa TLS. Tambahkan baris hostnossl ... reject di pg_hba.conf."
        ),
        "no_database": lambda: _("Database itu tidak ada di server. Periksa namanya, atau jalankan server-setup."),
        "wrong_password": lambda: _("Nama atau kata sandi salah."),
        "too_many": lambda: _("Server penuh: terlalu banyak sambungan. Tutup Teduh di PC yang tidak dipakai."),
        "starting": lambda: _("Server sedang menyala atau berhenti. Tunggu sebentar, lalu ulangi."),
        "no_name": lambda: _("Nama server tidak dikenal di jaringan ini. Periksa ejaannya dan kabel jaringan."),
        "no_server": lambda: _(
            "Server tidak menjawab di alamat itu. Periksa apakah PC server menyala dan PostgreSQL berjalan."
        ),
        "no_answer": lambda: _("Server tidak terjangkau. Periksa jaringan dan firewall."),
        "lost": lambda: _(
            "Sambungan ke server terputus. Yang terakhir belum tersimpan; yang sebelumnya aman. Masuklah kembali."
        ),
        "too_old": lambda: _("PostgreSQL di server terlalu tua; diperlukan versi 14 atau lebih baru."),
        "not_superuser": lambda: _("Untuk menyiapkan server, masuklah sebagai superuser PostgreSQL."),
        "database_exists": lambda: _("Database dengan nama itu sudah ada. Tidak ada yang diubah; pilihlah nama lain."),
        "database_name": lambda: _(
            "Nama database: huruf kecil, angka dan garis bawah, diawali huruf, paling panjang 27 huruf."
        ),
        "host": lambda: _("Nama atau alamat server di --host hanya boleh huruf, angka, titik, titik dua dan garis."),
        "other_hosts": lambda: _(
            "Server ini sudah memakai sertifikat rumah lain, yang tidak menyebut semua --host itu. Tidak ada yang"
            " diubah; pakailah --host yang sama seperti rumah itu."
        ),
        "clock": lambda: _("Jam PC ini dan jam server berbeda lebih dari satu menit. Betulkan jamnya."),
        "no_home": lambda: _("Server dapat dipakai, tetapi belum ada rumah di dalamnya. Jalankan init --server."),
    }
    found = sentences.get(reason)
    return found() if found else _("Server tidak dapat dipakai; sebabnya tidak dikenal.")


def _rule(broken: RuleBroken) -> str:
    # Made when asked for, so that the language is the one spoken now. Keep the order of the alphabet.
    sentences: Mapping[str, Callable[[], str]] = {
        "account_disabled": lambda: _("Akun ini dinonaktifkan. Aktifkan dahulu."),
        "code_form": lambda: _("Kode hanya boleh huruf besar, angka dan garis bawah: {code}"),
        "code_taken": lambda: _("Kode {code} sudah ada dalam daftar ini."),
        "delegation_letter": lambda: _("Isi nomor surat penunjukannya."),
        "delegation_self": lambda: _("Kepala tidak dapat menunjuk dirinya sendiri."),
        "delegation_title": lambda: _("Sebutannya Plh. atau Plt."),
        "delegation_twice": lambda: _("Pada hari-hari itu sudah ada yang ditunjuk."),
        "entry_shipped": lambda: _("Kata bawaan Teduh dapat disembunyikan, tetapi tidak diubah."),
        "home_name_empty": lambda: _("Isi nama rumah."),
        "home_name_long": lambda: _("Nama rumah paling panjang {most} huruf."),
        "label_empty": lambda: _("Isi kata dalam bahasa Indonesia."),
        "last_of_role": lambda: _(
            "Ini orang terakhir dengan peran {role}. Berikan dahulu peran itu kepada orang lain."
        ),
        "letterhead_names_home": lambda: _("Kop netral tidak boleh menyebut nama rumah."),
        "list_locked": lambda: _("Daftar {name} ditetapkan undang-undang dan tidak dapat diubah."),
        "list_unknown": lambda: _("Tidak ada daftar bernama {name}."),
        "loan_self": lambda: _("Beban kasus dipinjamkan kepada orang lain, bukan diri sendiri."),
        "loan_twice": lambda: _("Pada hari-hari itu beban kasus ini sudah dipinjamkan."),
        "login_characters": lambda: _("Nama pengguna mengandung tanda yang tidak dapat dipakai."),
        "login_empty": lambda: _("Isi nama pengguna."),
        "login_long": lambda: _("Nama pengguna paling panjang {most} huruf."),
        "login_taken": lambda: _("Nama {login} sudah dipakai."),
        "not_own_password": lambda: _("Kata sandi orang lain diganti dengan reset."),
        "number_cancelled": lambda: _("Nomor ini sudah dibatalkan."),
        "number_taken": lambda: _("Nomor {number} sudah pernah dipakai. Ubah pola nomornya."),
        "own_account": lambda: _("Anda tidak dapat menutup akun Anda sendiri."),
        "pattern_field": lambda: _("Pola nomor memuat isian yang tidak dikenal."),
        "pattern_long": lambda: _("Pola nomor paling panjang {most} huruf."),
        "pattern_plain": lambda: _("Pola nomor perlu {{seq}} agar setiap nomor berbeda."),
        "pattern_type": lambda: _("Pola nomor ini perlu jenis dokumen: {{TYPE}}."),
        "pattern_year": lambda: _("Pola nomor perlu tahun: {{YYYY}} atau {{YY}}."),
        "reason_missing": lambda: _("Isi alasannya."),
        "role_missing": lambda: _("Sebutkan sedikitnya satu peran: {roles}"),
        "role_unknown": lambda: _("Tidak ada peran {role}. Yang ada: {roles}"),
        "setting_choice": lambda: _("Pilihannya: {choices}"),
        "setting_range": lambda: _("Nilainya antara {least} dan {most}."),
        "setting_type": lambda: _("Nilai itu bukan jenis yang diminta."),
        "setting_unknown": lambda: _("Tidak ada pengaturan bernama {name}."),
        "sheet_in_store": lambda: _("Lembar pemulihan tidak boleh disimpan di folder data. Pilihlah tempat lain."),
        "sheet_unwritable": lambda: _("Lembar pemulihan tidak dapat ditulis di tempat itu. Tidak ada yang dibuat."),
        "span_order": lambda: _("Hari terakhir tidak boleh sebelum hari pertama."),
    }
    found = sentences.get(broken.code)
    return found().format(**broken.facts) if found else _("Itu tidak diperbolehkan.")


def finding_sentence(finding: Finding) -> str:
    """What a check found, with table and row by name and key; never a value."""
    facts = {"table": finding.table, "row": finding.row, "seq": finding.seq}
    sentences: Mapping[Wrong, Callable[[], str]] = {
        Wrong.UNREADABLE: lambda: _("Sebagian berkas data tidak dapat dibaca."),
        Wrong.PAGE: lambda: _("Halaman berkas rusak: {row}"),
        Wrong.STRUCTURE: lambda: _("Susunan data rusak: {row}"),
        Wrong.DANGLING: lambda: _("Tabel {table}, baris {row}: merujuk baris yang tidak ada."),
        Wrong.GUARD: lambda: _("Penjaga data hilang atau diubah: {row}"),
        Wrong.ENTRY_EDITED: lambda: _("Tabel {table}, baris {row}: catatan audit diubah."),
        Wrong.ENTRY_MISSING: lambda: _("Tabel {table}, baris {row}: catatan audit hilang."),
        Wrong.ENTRY_ORDER: lambda: _("Tabel {table}, baris {row}: urutan catatan audit diubah."),
        Wrong.ENTRY_FORGED: lambda: _("Tabel {table}, baris {row}: catatan audit palsu."),
        Wrong.IMAGE_EDITED: lambda: _("Tabel {table}, baris {row}: bukti isi nomor {seq} diubah."),
        Wrong.IMAGE_MISSING: lambda: _("Tabel {table}, baris {row}: bukti isi nomor {seq} hilang."),
        Wrong.ROW_EDITED: lambda: _("Tabel {table}, baris {row}: diubah di luar Teduh."),
        Wrong.ROW_MISSING: lambda: _("Tabel {table}, baris {row}: dihapus di luar Teduh."),
        Wrong.ROW_UNKNOWN: lambda: _("Tabel {table}, baris {row}: ditambahkan di luar Teduh."),
        Wrong.ROLLED_BACK: lambda: _(
            "Data telah dimundurkan: salinan lama dikembalikan, atau akhir catatan dipotong. Tabel {table}: catatan"
            " terakhir yang pernah ada, nomor {seq}, tidak ada lagi."
        ),
        Wrong.OTHER_HISTORY: lambda: _(
            "Riwayat ini bukan riwayat yang terakhir tercatat di PC ini. Tabel {table}: catatan nomor {seq} berbeda."
        ),
        Wrong.SLOTS: lambda: _("Berkas kunci {table} rusak; berkas kunci yang lain dipakai."),
    }
    return sentences[finding.wrong]().format(**facts)

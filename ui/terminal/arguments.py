"""The commands and their arguments. A password is never one: it comes from the environment or a prompt."""

import argparse
from collections.abc import Sequence
from typing import NoReturn

from shelter.language import LANGUAGES, _
from ui.terminal import argparse_texts


class _Parser(argparse.ArgumentParser):
    """A parser that speaks the language of the program."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, and where help is."""
        self.exit(2, f"{message}\n{_('Bantuan: {program} --help').format(program=self.prog)}\n")


def parser() -> argparse.ArgumentParser:
    """The whole command line, in the language spoken now."""
    argparse_texts.install()
    top = _Parser(
        prog="main.py",
        description=_("Teduh: program rumah perlindungan. Tanpa perintah, Teduh membuka rumah latihan."),
        epilog=_(
            "Kata sandi dibaca dari TEDUH_PASSWORD (kata sandi baru: TEDUH_NEW_PASSWORD) atau ditanyakan; tidak pernah"
            " menjadi argumen. Kode keluar: 0 utuh/berhasil, 1 rusak, 2 tidak jadi, 10 tidak ada rumah, 11 terkunci,"
            " 12 kata sandi salah."
        ),
    )
    top.add_argument("--lang", choices=LANGUAGES, help=_("bahasa: id atau en (juga TEDUH_LANG)"))
    commands = top.add_subparsers(dest="command", metavar=_("PERINTAH"))
    _store_commands(commands)
    _user_commands(commands)
    _server_commands(commands)
    return top


def _command(commands: "argparse._SubParsersAction[_Parser]", name: str, about: str) -> _Parser:
    return commands.add_parser(name, help=about, description=about)


def _store_commands(commands: "argparse._SubParsersAction[_Parser]") -> None:
    init = _command(commands, "init", _("Mendirikan rumah baru: data terenkripsi, pengguna pertama, lembar pemulihan."))
    _place(init)
    init.add_argument("--home", required=True, metavar=_("NAMA"), help=_("nama rumah"))
    init.add_argument("--user", required=True, metavar=_("NAMA"), help=_("pengguna pertama (kepala dan administrator)"))
    init.add_argument("--sheet", metavar="PDF", help=_("tulis lembar pemulihan ke berkas ini, di luar folder data"))
    init.add_argument("--owner", metavar=_("BERKAS"), help=_("berkas pemilik server, untuk --server"))

    check = _command(commands, "check", _("Memeriksa apakah data utuh. Tidak ada yang diperbaiki atau diubah."))
    _entrance(check, default=None)
    check.add_argument("--full", action="store_true", help=_("bandingkan juga setiap baris dengan catatan auditnya"))
    check.add_argument(
        "--owner", metavar=_("BERKAS"), help=_("berkas pemilik server, untuk pemeriksaan penuh di server")
    )


def _user_commands(commands: "argparse._SubParsersAction[_Parser]") -> None:
    users = _command(commands, "users", _("Pengguna: daftar, tambah, nonaktifkan, keluarkan, ganti kata sandi."))
    _entrance(users, default=None)
    verbs = users.add_subparsers(dest="verb", metavar=_("TINDAKAN"), required=True)
    listing = _command(verbs, "list", _("Daftar pengguna: nama, peran, keadaan, dipisah tab."))
    add = _command(verbs, "add", _("Menambah pengguna. Namanya dicetak bila, dan hanya bila, sudah tersimpan."))
    add.add_argument("name", metavar=_("NAMA"))
    add.add_argument("--role", action="append", required=True, metavar=_("PERAN"), help=_("boleh lebih dari sekali"))
    add.add_argument("--display", default="", metavar=_("NAMA_LENGKAP"), help=_("nama untuk layar dan dokumen"))
    roles = _command(verbs, "roles", _("Mengganti peran pengguna dengan tepat peran-peran ini."))
    roles.add_argument("name", metavar=_("NAMA"))
    roles.add_argument("--role", action="append", required=True, metavar=_("PERAN"), help=_("boleh lebih dari sekali"))
    disable = _command(verbs, "disable", _("Menutup akun untuk sementara; kata sandinya tetap."))
    enable = _command(verbs, "enable", _("Membuka kembali akun yang ditutup."))
    remove = _command(verbs, "remove", _("Mengeluarkan pengguna untuk selamanya dan mengganti kunci-kunci data."))
    reset = _command(verbs, "reset", _("Memberi pengguna kata sandi baru (TEDUH_NEW_PASSWORD atau ditanyakan)."))
    reset.add_argument(
        "--recovery", action="store_true", help=_("masuk dengan lembar pemulihan (TEDUH_RECOVERY atau ditanyakan)")
    )
    reset.add_argument("--owner", metavar=_("BERKAS"), help=_("berkas pemilik server, untuk --recovery di server"))
    for verb in (disable, enable, remove, reset):
        verb.add_argument("name", metavar=_("NAMA"))
    password = _command(verbs, "password", _("Mengganti kata sandi sendiri."))
    for verb in (listing, add, roles, disable, enable, remove, reset, password):
        _entrance(verb, default=argparse.SUPPRESS)


def _server_commands(commands: "argparse._SubParsersAction[_Parser]") -> None:
    setup = _command(
        commands,
        "server-setup",
        _("Menyiapkan PostgreSQL: database, peran, sertifikat sendiri, dan berkas sambungan untuk PC lain."),
    )
    setup.add_argument(
        "--admin", metavar="URL", help=_("superuser PostgreSQL; kata sandinya dari PGPASSWORD (atau TEDUH_ADMIN_URL)")
    )
    setup.add_argument("--database", default="teduh", metavar=_("NAMA"), help=_("nama database baru (teduh)"))
    setup.add_argument(
        "--host",
        action="append",
        required=True,
        metavar=_("NAMA"),
        help=_("nama atau alamat server di jaringan; boleh lebih dari sekali"),
    )
    setup.add_argument("--to", required=True, metavar="DIR", help=_("folder untuk berkas sambungan dan berkas pemilik"))
    check = _command(commands, "server-check", _("Satu kalimat tentang keadaan server, apa pun yang salah."))
    check.add_argument("--server", required=True, metavar="URL", help=_("alamat atau berkas sambungan"))
    check.add_argument("--user", metavar=_("NAMA"), help=_("masuk juga, dan periksa rumahnya"))
    check.add_argument("--owner", metavar=_("BERKAS"), help=_("berkas pemilik: periksa juga apakah rumahnya sudah ada"))
    upgrade = _command(
        commands, "server-upgrade", _("Membawa data di server ke bentuk Teduh ini, dengan sambungan pemilik.")
    )
    upgrade.add_argument("--server", required=True, metavar="URL", help=_("alamat atau berkas sambungan"))
    upgrade.add_argument("--owner", metavar=_("BERKAS"), help=_("berkas pemilik (atau TEDUH_OWNER_URL)"))
    psql = _command(
        commands, "server-psql", _("Membuka psql sebagai pengguna Teduh, untuk membuktikan hak-haknya di database.")
    )
    psql.add_argument("--server", required=True, metavar="URL", help=_("alamat atau berkas sambungan"))
    psql.add_argument("--user", required=True, metavar=_("NAMA"), help=_("masuk sebagai"))
    psql.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help=_("argumen untuk psql, sesudah --"))


def _place(command: argparse.ArgumentParser, default: str | None = None) -> None:
    place = command.add_mutually_exclusive_group()
    place.add_argument("--data", metavar="DIR", default=default, help=_("folder data terenkripsi"))
    place.add_argument("--server", metavar="URL", default=default, help=_("PostgreSQL: alamat atau berkas sambungan"))


def _entrance(command: argparse.ArgumentParser, default: str | None) -> None:
    """Where and who: taken before the verb or after it."""
    _place(command, default)
    text = _("masuk sebagai; boleh kosong bila hanya satu pengguna")
    command.add_argument("--user", metavar=_("NAMA"), default=default, help=text)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read the arguments; exits with 2 and a sentence when they make no sense."""
    top = parser()
    arguments = top.parse_args(argv)
    if hasattr(arguments, "data") and (arguments.data is None) == (arguments.server is None):
        top.error(_("perlu salah satu dari: {names}").format(names="--data, --server"))
    return arguments

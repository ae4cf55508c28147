"""What can be wrong with a whole file. What is wrong with one cell is said in `rows`, row by row."""

from __future__ import annotations

from app.errors import JiebangError


class FileError(JiebangError):
    """Base of everything that makes a file as a whole unusable; nothing of it is stored."""

    code, status = "file_unusable", 422
    zh, en = "文件无法使用", "The file cannot be used"


class FileEmpty(FileError):
    code, zh, en = "file_empty", "文件是空的，请选择有内容的文件", "The file is empty"


class FileTooBig(FileError):
    code, status = "file_too_big", 413
    zh, en = "文件超过 {limit} MB 上限，请拆分后分批导入", "The file exceeds {limit} MB; split it"


class FileTypeUnsupported(FileError):
    code, status = "file_type_unsupported", 415
    zh = "只支持 .xlsx、.xls、.csv、.jsonl 文件"
    en = "Only .xlsx, .xls, .csv and .jsonl files are supported"


class FileContentMismatch(FileError):
    code = "file_content_mismatch"
    zh = "文件内容与扩展名不符（看起来是{actual}），请用表格软件另存为 .xlsx 后再导入"
    en = "The content does not match the extension (it looks like {actual}); save it as .xlsx"


class FileEncrypted(FileError):
    code, zh, en = (
        "file_encrypted",
        "文件设有打开密码，请取消密码后再导入",
        "The file is protected by a password",
    )


class FileHasMacros(FileError):
    code = "file_has_macros"
    zh, en = "文件含有宏，请另存为不含宏的 .xlsx 后再导入", "The file contains macros; save it as plain .xlsx"


class FileDamaged(FileError):
    code, zh, en = "file_damaged", "文件已损坏，无法打开；请重新保存后再试", "The file is damaged"


class FileSuspicious(FileError):
    code = "file_suspicious"
    zh = "文件的压缩结构异常（解压后过大或条目过多），已拒绝打开"
    en = "The archive is abnormal (too large unpacked or too many entries)"


class FileTooComplex(FileError):
    code = "file_too_complex"
    zh = "读取文件所需的时间或内存超过上限；请删除多余的工作表、格式和空行后再试"
    en = "Reading the file takes more time or memory than allowed; remove unused sheets, formats and rows"


class TooManyRows(FileError):
    code, status = "too_many_rows", 413
    zh, en = "数据超过 {limit} 行上限，请拆分后分批导入", "More than {limit} rows; split the file"


class TooManyColumns(FileError):
    code, zh, en = "too_many_columns", "列数超过 {limit} 列上限", "More than {limit} columns"


class TooManySheets(FileError):
    code, zh, en = "too_many_sheets", "工作表超过 {limit} 个上限", "More than {limit} sheets"


class EncodingUnknown(FileError):
    code = "encoding_unknown"
    zh = "无法识别文字编码，请另存为 UTF-8 或 GB18030（ANSI）编码"
    en = "The text encoding is neither UTF-8 nor GB18030"


class HeaderMissing(FileError):
    code = "header_missing"
    zh = "没有找到表头；请使用下载的模板，保留表头一行（至少要有“{needed}”）"
    en = "No header row found; keep the header of the template (at least {needed})"


class HeaderDuplicate(FileError):
    code = "header_duplicate"
    zh, en = "表头重复：有两列都表示“{header}”，请删去一列", "Two columns both mean {header}; remove one"


class KindUnclear(FileError):
    code = "kind_unclear"
    zh = "无法从表头判断这是技术需求、解决方还是科技成果，请指定类型"
    en = "The header does not tell whether these are requirements, solvers or achievements; name the kind"


class NoRows(FileError):
    code, zh, en = "no_rows", "表头下面没有数据", "There are no rows below the header"


FILE_ERRORS: dict[str, type[FileError]] = {
    error.code: error
    for error in (
        FileEmpty,
        FileTooBig,
        FileTypeUnsupported,
        FileContentMismatch,
        FileEncrypted,
        FileHasMacros,
        FileDamaged,
        FileSuspicious,
        FileTooComplex,
        TooManyRows,
        TooManyColumns,
        TooManySheets,
        EncodingUnknown,
        HeaderMissing,
        HeaderDuplicate,
        KindUnclear,
        NoRows,
    )
}
"""By code: a child process can only hand back the code and its parameters."""
